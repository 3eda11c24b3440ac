/**
 * Many new files of one folder, of which all are put in place or none: staged
 * beside their names, synced some at a time, then linked.
 *
 * @module
 */

import { join } from "@std/path";
import {
  type FileLock,
  type FileSystem,
  TooManyOpenFilesError,
  type WritableFile,
} from "../ports/file_system.ts";
import type { Disk } from "./disk.ts";
import { removeAfter } from "./new_file.ts";
import { place } from "./place.ts";
import { writeAll } from "./write_all.ts";

const STAGING_START = ".flash-plan-";
/** Locked as long as the run that made the folder is alive. */
const LOCK_NAME = ".lock";
/** There once the lock is held, and before any file: without it, a run may have just begun. */
const LOCKED_NAME = ".locked";
/** Files that wait to be synced together. */
const MAX_WAITING = 64;

/** Files on their way into a folder. */
export class FileSet {
  readonly #files: FileSystem;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #staging: string;
  readonly #lock: FileLock | undefined;
  #names: string[] = [];
  #waiting: { file: WritableFile; path: string }[] = [];

  private constructor(
    files: FileSystem,
    disk: Disk,
    folder: string,
    staging: string,
    lock: FileLock | undefined,
  ) {
    this.#files = files;
    this.#disk = disk;
    this.#folder = folder;
    this.#staging = staging;
    this.#lock = lock;
  }

  /**
   * Makes the staging folder, and removes those of runs that were killed: keys
   * may be in them.
   *
   * @param mark Random characters for its name.
   */
  static async begin(
    files: FileSystem,
    disk: Disk,
    folder: string,
    mark: string,
  ): Promise<FileSet> {
    await disk.makeOwn(folder);
    removeLeftOvers(files, folder);
    const staging = join(folder, `${STAGING_START}${mark}`);
    files.makeFolder(staging);
    let lock: ReturnType<FileSystem["tryLock"]>;
    try {
      files.createNew(join(staging, LOCK_NAME)).close();
      lock = files.tryLock(join(staging, LOCK_NAME));
      files.createNew(join(staging, LOCKED_NAME)).close();
    } catch (error) {
      if (typeof lock === "object") lock.release();
      files.removeTree(staging);
      throw error;
    }
    return new FileSet(files, disk, folder, staging, typeof lock === "object" ? lock : undefined);
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
    this.#lock?.release();
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

/** Where there are no locks, nobody knows whether a run is alive: nothing is removed. */
function removeLeftOvers(files: FileSystem, folder: string): void {
  const names = files.namesIn(folder) ?? [];
  for (const name of names.filter((name) => name.startsWith(STAGING_START))) {
    const lockPath = join(folder, name, LOCK_NAME);
    if (files.linkStatOf(join(folder, name))?.kind !== "folder") continue;
    const isUsed = [LOCK_NAME, LOCKED_NAME].every((file) =>
      files.linkStatOf(join(folder, name, file))?.kind === "file"
    );
    if (!isUsed) continue;
    const lock = files.tryLock(lockPath);
    if (typeof lock !== "object") continue;
    lock.release();
    files.removeTree(join(folder, name));
  }
}
