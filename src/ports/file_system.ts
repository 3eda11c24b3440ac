/**
 * What the program needs of a file system, call by call, and the errors it
 * gives. The rest of the program names no `Deno.*`.
 *
 * Each method is one call to the system or a few that belong together, so that
 * a test can let the power fail, or the disk fill up, between any two of them.
 *
 * @module
 */

/** Thrown when reading or writing fails; exit status 4. */
export class IoError extends Error {
  /** "IoError" */
  override name = "IoError";
  /** What was tried: "write". */
  readonly action: string;
  /** Path as the program used it. */
  readonly path: string;
  /** What the system said, in its words. */
  readonly reason: string;

  /** Makes the message of what was tried, where, and why it failed. */
  constructor(action: string, path: string, reason: string) {
    super(`Cannot ${action} "${path}": ${reason}`);
    this.action = action;
    this.path = path;
    this.reason = reason;
  }
}

/** Thrown when a file to read does not exist, or is a folder. */
export class NoSuchFileError extends IoError {
  /** "NoSuchFileError" */
  override name = "NoSuchFileError";
}

/** Thrown when a file or folder to make exists already; it was not touched. */
export class FileExistsError extends IoError {
  /** "FileExistsError" */
  override name = "FileExistsError";
}

/** Thrown when the process or the system has no room for another open file. */
export class TooManyOpenFilesError extends IoError {
  /** "TooManyOpenFilesError" */
  override name = "TooManyOpenFilesError";
}

/** Thrown when the file system has no such thing: hard links on FAT, syncing on some shares. */
export class UnsupportedError extends IoError {
  /** "UnsupportedError" */
  override name = "UnsupportedError";
}

/** What stands under a path. */
export type PathKind = "file" | "folder" | "link" | "other";

/** What the system says of a path. */
export interface PathInfo {
  /** What it is. */
  kind: PathKind;
  /** Bytes of a file; of anything else nothing is said. */
  sizeBytes: number;
  /** Names that the file has; 1 where the system does not count them. */
  linkCount: number;
}

/** A file that is being written. */
export interface WritableFile {
  /** Writes at the end, perhaps only some of the bytes; tells how many. */
  write(bytes: Uint8Array): number;
  /** Resolves when the contents are on the disk. */
  syncData(): Promise<void>;
  /** Closes it. */
  close(): void;
}

/** A lock that lasts until it is released or the process ends, however it ends. */
export interface FileLock {
  /** Gives it up. */
  release(): void;
}

/** The files of the machine, to look at and to read. All methods throw {@linkcode IoError}. */
export interface FileReader {
  /** Whether names follow the rules of Windows, and folders cannot be synced. */
  readonly isWindows: boolean;
  /** What a path leads to; `undefined` if nothing is there. */
  statOf(path: string): PathInfo | undefined;
  /** What has this name, be it a link that leads nowhere; `undefined` if nothing has. */
  linkStatOf(path: string): PathInfo | undefined;
  /** Names in a folder; `undefined` if it does not exist. */
  namesIn(folder: string): string[] | undefined;
  /** Reads a whole file at once: for files of a known, moderate size. */
  readFile(path: string): Uint8Array<ArrayBuffer>;
  /**
   * Yields a file's bytes from `offset` on, `sizeBytes` of them at most. A
   * chunk is valid until the next one.
   */
  readChunks(path: string, offset?: number, sizeBytes?: number): Iterable<Uint8Array>;
  /**
   * Why nothing can be written to a folder, as far as that can be told without
   * a write: the permissions of the program, a read-only disk. `undefined` if
   * nothing tells.
   */
  writeFault(folder: string): string | undefined;
}

/** The files of the machine, to write too. All methods throw {@linkcode IoError}. */
export interface FileSystem extends FileReader {
  /** Makes one folder. @throws {FileExistsError} If anything has the name. */
  makeFolder(path: string): void;
  /**
   * Makes an empty file and opens it.
   *
   * @param options `secret`: for its owner alone, from the first moment on.
   * @throws {FileExistsError} If anything has the name.
   */
  createNew(path: string, options?: { secret?: boolean }): WritableFile;
  /** Opens a file that exists at its end. */
  openAppend(path: string): WritableFile;
  /**
   * Gives a file a second name.
   *
   * @throws {FileExistsError} If anything has that name.
   * @throws {UnsupportedError} If the file system has no hard links.
   */
  link(from: string, to: string): void;
  /** Gives a file another name, in place of a file that has it. */
  rename(from: string, to: string): void;
  /** Takes a file's name away; nothing happens if there is none. */
  remove(path: string): void;
  /** Removes a folder with all that is in it; nothing happens if there is none. */
  removeTree(folder: string): void;

  /** Resolves when the contents of a file that exists are on the disk. */
  syncFile(path: string): Promise<void>;
  /**
   * Resolves when the names in a folder are on the disk.
   *
   * @throws {UnsupportedError} If the system, or the permissions, do not allow it.
   */
  syncFolder(path: string): Promise<void>;
  /**
   * Locks a file that exists, without waiting. `undefined` if another process
   * has it locked, or it lost its name meanwhile; `"unsupported"` where there
   * are no locks.
   */
  tryLock(path: string): FileLock | undefined | "unsupported";
}
