/**
 * Many new files of one folder, of which all are put in place or none: staged
 * beside their names, synced some at a time, then linked.
 *
 * @module
 */

import { join } from "@std/path";
import { type FileSystem, TooManyOpenFilesError, type WritableFile } from "../ports/file_system.ts";
import type { Disk } from "./disk.ts";
import { removeAfter } from "./new_file.ts";
import { place } from "./place.ts";
import { writeAll } from "./write_all.ts";

/** Files that wait to be synced together. */
const MAX_WAITING = 64;

/** Files on their way into a folder. */
export class FileSet {
  readonly #files: FileSystem;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #staging: string;
  #names: string[] = [];
  #waiting: { file: WritableFile; path: string }[] = [];

  private constructor(files: FileSystem, disk: Disk, folder: string, staging: string) {
    this.#files = files;
    this.#disk = disk;
    this.#folder = folder;
    this.#staging = staging;
  }

  /** @param mark Random characters for the name of the staging folder. */
  static async begin(
    files: FileSystem,
    disk: Disk,
    folder: string,
    mark: string,
  ): Promise<FileSet> {
    await disk.makeOwn(folder);
    const staging = join(folder, `.flash-plan-${mark}`);
    files.makeFolder(staging);
    return new FileSet(files, disk, folder, staging);
  }

  /** Stages a file. @param secret Whether nobody but the owner may read it. */
  async add(name: string, pieces: Iterable<Uint8Array>, secret = false): Promise<void> {
    const path = join(this.#staging, name);
    const file = await this.#create(path, secret);
    this.#waiting.push({ file, path });
    this.#names.push(name);
    for (const piece of pieces) writeAll(file, piece);
    if (this.#waiting.length >= MAX_WAITING) await this.#sync();
  }

  /** Puts all files in place, in the order in which they were added. */
  async publish(): Promise<void> {
    await this.#sync();
    const placed: string[] = [];
    try {
      for (const name of this.#names) {
        const target = join(this.#folder, name);
        place(this.#files, join(this.#staging, name), target);
        placed.push(target);
      }
      await this.#disk.syncFolder(this.#folder);
    } catch (error) {
      for (const path of placed.toReversed()) removeAfter(this.#files, path, error);
      throw error;
    }
    this.discard();
  }

  /** Removes what is staged. */
  discard(): void {
    for (const { file } of this.#waiting) file.close();
    this.#waiting = [];
    this.#files.removeTree(this.#staging);
  }

  async #create(path: string, secret: boolean): Promise<WritableFile> {
    try {
      return this.#files.createNew(path, { secret });
    } catch (error) {
      if (!(error instanceof TooManyOpenFilesError) || this.#waiting.length === 0) throw error;
      await this.#sync();
      return this.#files.createNew(path, { secret });
    }
  }

  async #sync(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      await Promise.all(waiting.map(({ file, path }) => this.#disk.syncOpen(file, path)));
    } finally {
      for (const { file } of waiting) file.close();
    }
  }
}
