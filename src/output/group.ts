/**
 * A group of devices on its way to the disk: staged, synced, put in place.
 *
 * @module
 */

import { join, SEPARATOR } from "@std/path";
import {
  FileExistsError,
  type FileSystem,
  TooManyOpenFilesError,
  type WritableFile,
} from "../ports/file_system.ts";
import type { Disk } from "../files/disk.ts";
import { keepAside, place } from "../files/place.ts";
import { writeAll } from "../files/write_all.ts";

/** How a staged file gets its name. */
export type Placing =
  /** Nothing may have the name. */
  | "new"
  /** An empty file, which a run without hard links left, may have it. */
  | "overEmpty"
  /** Whatever has the name goes. */
  | "replace"
  /** What has the name is kept under another one. */
  | "keepOld";

/** A file of a device. */
export interface StagedFile {
  /** Full path that it goes to. */
  target: string;
  bytes: Uint8Array;
  /** Whether nobody but the owner may read it. */
  secret: boolean;
  placing: Placing;
  /** Where to stage it when that cannot be the group's folder. */
  temporary?: string;
}

/** Image, intermediate CSV, key partition and HMAC key. */
const MAX_DEVICE_FILES = 4;

interface Staged {
  path: string;
  target: string;
  placing: Placing;
  /** Whether it stands outside the group's folder until it is in place. */
  isElsewhere: boolean;
}

interface OpenFile {
  file: WritableFile;
  path: string;
}

/**
 * Stages the files of some devices and puts them in place, the keys before
 * everything else. Used again for group after group.
 */
export class Group {
  readonly #files: FileSystem;
  readonly #disk: Disk;
  readonly #folder: string;
  /** The folder with a separator: joining paths properly costs more than it is worth here. */
  readonly #folderStart: string;
  /** Files that may be open at once. */
  #maxOpen: number;
  #open: OpenFile[] = [];
  /** Files that had to be closed before they were synced. */
  #closed: string[] = [];
  #hasFolder = false;
  #stagedCount = 0;
  #keys: Staged[] = [];
  #others: Staged[] = [];
  /** Key files that were there before and have to be on the disk before their image is in place. */
  #foundKeys: string[] = [];
  #found: string[] = [];

  constructor(files: FileSystem, disk: Disk, folder: string, maxOpen: number) {
    this.#files = files;
    this.#disk = disk;
    this.#folder = folder;
    this.#folderStart = join(folder, SEPARATOR);
    this.#maxOpen = maxOpen;
  }

  /** Whether so many files are open that they should be synced before another device comes. */
  get isFull(): boolean {
    return this.#open.length + MAX_DEVICE_FILES > this.#maxOpen;
  }

  /** Stages a key file; the order is that in which they are put in place. */
  addKey(file: StagedFile): void {
    this.#keys.push(this.#stage(file));
  }

  /** Stages an image or an intermediate CSV. */
  add(file: StagedFile): void {
    this.#others.push(this.#stage(file));
  }

  /** Takes a key file that is in place already along to the disk. */
  addFoundKey(path: string): void {
    this.#foundKeys.push(path);
  }

  /** Takes another file that is in place already along to the disk. */
  addFound(path: string): void {
    this.#found.push(path);
  }

  #stage({ target, bytes, secret, placing, temporary }: StagedFile): Staged {
    if (!this.#hasFolder) {
      this.#files.makeFolder(this.#folder);
      this.#hasFolder = true;
    }
    const path = temporary ?? this.#folderStart + this.#stagedCount++;
    const file = this.withRoom(() => this.#files.createNew(path, { secret }));
    this.#open.push({ file, path });
    writeAll(file, bytes);
    return { path, target, placing, isElsewhere: temporary !== undefined };
  }

  /**
   * Does something that takes an open file. If there is none to be had, the
   * group's own are closed, to be synced later, and it has half as many from now on.
   */
  withRoom<T>(act: () => T): T {
    while (true) {
      try {
        return act();
      } catch (error) {
        if (!(error instanceof TooManyOpenFilesError) || this.#open.length === 0) throw error;
        this.#maxOpen = Math.ceil(this.#open.length / 2);
        this.#closed.push(...this.#open.map(({ path }) => path));
        this.close();
      }
    }
  }

  /** Puts the contents of all staged files on the disk, all at once, and closes them. */
  async sync(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    const results = await Promise.allSettled(open.map(({ file }) => file.syncData()));
    let failure: { error: unknown } | undefined;
    for (const [index, result] of results.entries()) {
      const { file, path } = open[index]!;
      file.close();
      if (result.status === "fulfilled") continue;
      try {
        this.#disk.passUnsupported(result.reason, path);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
    for (const path of this.#closed.splice(0)) await this.#disk.syncFile(path);
  }

  /**
   * Puts all files in place. From the first name on, nothing is taken back:
   * what stands there then is whole, and `--resume` uses it.
   */
  async publish(): Promise<void> {
    await this.sync();
    await Promise.all(this.#foundKeys.map((path) => this.#disk.syncFile(path)));
    // A disk keeps no order between folders: a key that others derive from is safe before them.
    const elsewhere = this.#keys.filter(({ isElsewhere }) => isElsewhere);
    await this.#place(elsewhere, this.#foundKeys);
    await this.#place(this.#keys.filter(({ isElsewhere }) => !isElsewhere), []);
    await Promise.all(this.#found.map((path) => this.#disk.syncFile(path)));
    await this.#place(this.#others, this.#found);
    this.clear();
  }

  /** Closes what is open; what is staged stays in the folder. */
  close(): void {
    for (const { file } of this.#open.splice(0)) file.close();
  }

  /** Forgets the group and removes what it staged. */
  clear(): void {
    for (const { file } of this.#open.splice(0)) file.close();
    for (const { path, isElsewhere } of this.#keys) if (isElsewhere) this.#files.remove(path);
    this.#keys = [];
    this.#others = [];
    this.#foundKeys = [];
    this.#found = [];
    this.#closed = [];
    this.#stagedCount = 0;
    if (this.#hasFolder) this.#files.removeTree(this.#folder);
    this.#hasFolder = false;
  }

  async #place(staged: readonly Staged[], found: readonly string[]): Promise<void> {
    const kept = staged.filter(({ placing }) => placing === "keepOld");
    for (const { target } of kept) {
      if (this.#files.linkStatOf(target) !== undefined) keepAside(this.#files, target);
    }
    await this.#syncFoldersOf(kept.map(({ target }) => target));
    for (const file of staged) this.#placeOne(file);
    await this.#syncFoldersOf([...staged.map(({ target }) => target), ...found]);
  }

  #placeOne({ path, target, placing }: Staged): void {
    switch (placing) {
      case "new":
        return place(this.#files, path, target);
      case "overEmpty":
        try {
          return place(this.#files, path, target);
        } catch (error) {
          const isEmpty = error instanceof FileExistsError &&
            this.#files.linkStatOf(target)?.kind === "file" &&
            this.#files.linkStatOf(target)?.sizeBytes === 0;
          if (!isEmpty) throw error;
          return this.#files.rename(path, target);
        }
      case "keepOld":
      case "replace":
        return this.#files.rename(path, target);
      default:
        throw new TypeError(`Cannot place a file "${placing satisfies never}"`);
    }
  }

  async #syncFoldersOf(paths: readonly string[]): Promise<void> {
    const folders = new Set(paths.map(folderOf));
    await Promise.all([...folders].map((folder) => this.#disk.syncFolder(folder)));
  }
}

/** Cheaper than `dirname`, for paths that this program joined. */
function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end < 0 ? "." : path.slice(0, Math.max(end, 1));
}
