/**
 * The file system port on a disk in memory, for one process, with a fault at
 * one of its calls.
 *
 * @module
 */

import {
  FileExistsError,
  type FileLock,
  type FileSystem,
  IoError,
  NoSuchFileError,
  type PathInfo,
  TooManyOpenFilesError,
  UnsupportedError,
  type WritableFile,
} from "../../src/ports/file_system.ts";
import type { FakeDisk, Inode } from "./fake_disk.ts";

/** Thrown when the process is dead: nothing that it does any more has an effect. */
export class Killed extends Error {
  override name = "Killed";
}

/** Errors of a system, and whether they stay once they came. */
export const ERROR_CODES = {
  ENOSPC: { reason: "No space left on device", stays: "write" },
  EROFS: { reason: "Read-only file system", stays: "change" },
  EDQUOT: { reason: "Disk quota exceeded", stays: "write" },
  EIO: { reason: "Input/output error" },
  EACCES: { reason: "Permission denied" },
  EMFILE: { reason: "Too many open files" },
  EINTR: { reason: "Interrupted system call" },
} as const satisfies Record<string, { reason: string; stays?: "write" | "change" }>;
export type ErrorCode = keyof typeof ERROR_CODES;

/** What goes wrong. */
export type Fault = ErrorCode | "kill" | "short write";

/** Calls that put something on the disk, and those that only take it away. */
const WRITES = ["makeFolder", "createNew", "write", "link", "syncData", "syncFile", "syncFolder"];
const CHANGES = [...WRITES, "openAppend", "rename", "remove", "removeTree"];

/** One call of the port. */
export interface Call {
  name: string;
  path: string;
  /** The other path of a link or a new name. */
  from?: string;
}

/** What a process's files are like. */
export interface FakeOptions {
  fault?: Fault;
  /** Number of the call that the fault hits, from 1. */
  at?: number;
  /** False: as on FAT. */
  hasLinks?: boolean;
  canSyncFolders?: boolean;
  /** Files that may be open at once. */
  maxOpen?: number;
}

/** The files of one process. */
export class FakeFiles implements FileSystem {
  readonly isWindows = false;
  readonly calls: Call[] = [];
  readonly #disk: FakeDisk;
  readonly #options: FakeOptions;
  #isDead = false;
  #hasFailed = false;
  #openCount = 0;

  constructor(disk: FakeDisk, options: FakeOptions = {}) {
    this.#disk = disk;
    this.#options = options;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Counts a call, and lets it fail if it is its turn. Tells whether a write is to be short. */
  #call(name: string, path: string, from?: string): boolean {
    if (this.#isDead) throw new Killed();
    this.calls.push({ name, path, ...(from === undefined ? {} : { from }) });
    const { fault, at } = this.#options;
    if (fault === undefined || at === undefined || this.calls.length < at) return false;
    const isTurn = this.calls.length === at;
    if (fault === "kill") {
      if (name === "removeTree") this.#removeHalf(path);
      this.#isDead = true;
      this.#disk.endProcess(this);
      throw new Killed();
    }
    if (fault === "short write") return isTurn || name === "write";
    const error: { reason: string; stays?: "write" | "change" } = ERROR_CODES[fault];
    const lasting = error.stays === "write" ? WRITES : error.stays === "change" ? CHANGES : [];
    if (lasting.length > 0 ? !lasting.includes(name) : !isTurn) return false;
    this.#hasFailed = true;
    const action = name.startsWith("read") || name.endsWith("Of") ? "read" : "write";
    throw fault === "EMFILE"
      ? new TooManyOpenFilesError(action, path, error.reason)
      : new IoError(name.startsWith("remove") ? "remove" : action, path, error.reason);
  }

  /** Whether an error was thrown. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  statOf(path: string): PathInfo | undefined {
    this.#call("statOf", path);
    return infoOf(this.#disk.find(path));
  }

  linkStatOf(path: string): PathInfo | undefined {
    this.#call("linkStatOf", path);
    return infoOf(this.#disk.find(path));
  }

  namesIn(folder: string): string[] | undefined {
    this.#call("namesIn", folder);
    return this.#disk.find(folder)?.entries && [...this.#disk.find(folder)!.entries!.keys()];
  }

  readFile(path: string): Uint8Array<ArrayBuffer> {
    this.#call("readFile", path);
    return new Uint8Array(this.#file("read", path).content);
  }

  *readChunks(path: string, offset = 0, sizeBytes = Infinity): Generator<Uint8Array> {
    this.#call("readChunks", path);
    const { content } = this.#file("read", path);
    yield content.slice(offset, Math.min(content.length, offset + sizeBytes));
  }

  makeFolder(path: string): void {
    this.#call("makeFolder", path);
    this.#assertFree("create folder", path);
    this.#disk.makeFolder(path);
  }

  createNew(path: string, { secret = false } = {}): WritableFile {
    this.#call("createNew", path);
    this.#assertFree("write", path);
    return this.#open(path, this.#disk.makeFile(path, secret));
  }

  openAppend(path: string): WritableFile {
    this.#call("openAppend", path);
    return this.#open(path, this.#file("write", path));
  }

  #open(path: string, inode: Inode): WritableFile {
    if (++this.#openCount > (this.#options.maxOpen ?? Infinity)) {
      this.#openCount--;
      const { folder, name } = this.#disk.parentOf(path);
      if (inode.content.length === 0) folder!.entries!.delete(name);
      throw new TooManyOpenFilesError("write", path, ERROR_CODES.EMFILE.reason);
    }
    let isOpen = true;
    return {
      write: (bytes) => {
        const isShort = this.#call("write", path);
        const count = isShort ? Math.min(1, bytes.length) : bytes.length;
        const content = new Uint8Array(inode.content.length + count);
        content.set(inode.content);
        content.set(bytes.subarray(0, count), inode.content.length);
        inode.content = content;
        return count;
      },
      // deno-lint-ignore require-await -- the port's call is asynchronous
      syncData: async () => {
        this.#call("syncData", path);
        inode.durableContent = inode.content;
      },
      close: () => {
        if (isOpen) this.#openCount--;
        isOpen = false;
      },
    };
  }

  link(from: string, to: string): void {
    this.#call("link", to, from);
    if (this.#options.hasLinks === false) throw new UnsupportedError("write", to, "no hard links");
    const inode = this.#file("write", from);
    this.#assertFree("write", to);
    const { folder, name } = this.#disk.parentOf(to);
    folder!.entries!.set(name, inode);
    inode.linkCount++;
  }

  rename(from: string, to: string): void {
    this.#call("rename", to, from);
    const inode = this.#file("write", from);
    const source = this.#disk.parentOf(from);
    const target = this.#disk.parentOf(to);
    const old = target.folder!.entries!.get(target.name);
    if (old === inode) return;
    if (old !== undefined) old.linkCount--;
    target.folder!.entries!.set(target.name, inode);
    source.folder!.entries!.delete(source.name);
  }

  remove(path: string): void {
    this.#call("remove", path);
    this.#unlink(path);
  }

  removeTree(path: string): void {
    this.#call("removeTree", path);
    this.#unlink(path);
  }

  #unlink(path: string): void {
    const { folder, name } = this.#disk.parentOf(path);
    const inode = folder?.entries?.get(name);
    if (inode === undefined) return;
    for (const child of inode.entries?.keys() ?? []) this.#unlink(`${path}/${child}`);
    inode.linkCount--;
    folder!.entries!.delete(name);
  }

  #removeHalf(path: string): void {
    const names = [...this.#disk.find(path)?.entries?.keys() ?? []];
    for (const name of names.slice(0, names.length / 2)) this.#unlink(`${path}/${name}`);
  }

  // deno-lint-ignore require-await -- the port's call is asynchronous
  async syncFile(path: string): Promise<void> {
    this.#call("syncFile", path);
    const inode = this.#file("write", path);
    inode.durableContent = inode.content;
  }

  // deno-lint-ignore require-await -- the port's call is asynchronous
  async syncFolder(path: string): Promise<void> {
    this.#call("syncFolder", path);
    if (this.#options.canSyncFolders === false) {
      throw new UnsupportedError("sync", path, "not here");
    }
    const inode = this.#disk.find(path);
    if (inode?.entries === undefined) throw new NoSuchFileError("write", path, "it does not exist");
    inode.durableEntries = new Map(inode.entries);
  }

  tryLock(path: string): FileLock | undefined {
    this.#call("tryLock", path);
    const inode = this.#disk.find(path);
    if (inode === undefined || inode.lockedBy !== undefined) return undefined;
    inode.lockedBy = this;
    return { release: () => void delete inode.lockedBy };
  }

  #file(action: string, path: string): Inode {
    const inode = this.#disk.find(path);
    if (inode !== undefined && inode.entries === undefined) return inode;
    throw new NoSuchFileError(
      action,
      path,
      inode === undefined ? "it does not exist" : "it is a folder",
    );
  }

  #assertFree(action: string, path: string): void {
    const { folder, name } = this.#disk.parentOf(path);
    if (folder?.entries === undefined) throw new NoSuchFileError(action, path, "it does not exist");
    if (folder.entries.has(name)) throw new FileExistsError(action, path, "it exists already");
  }
}

function infoOf(inode: Inode | undefined): PathInfo | undefined {
  if (inode === undefined) return undefined;
  return {
    kind: inode.entries === undefined ? "file" : "folder",
    sizeBytes: inode.content.length,
    linkCount: inode.linkCount,
  };
}
