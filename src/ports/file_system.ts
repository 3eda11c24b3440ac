/**
 * What the program needs of a file system, and the errors it gives. The rest
 * of the program names no `Deno.*`.
 *
 * @module
 */

/** Thrown when reading or writing fails; exit status 4. */
export class IoError extends Error {
  override name = "IoError";
  /** What was tried: "write". */
  readonly action: string;
  /** Path as the program used it. */
  readonly path: string;
  /** What the system said, in its words. */
  readonly reason: string;

  constructor(action: string, path: string, reason: string) {
    super(`Cannot ${action} "${path}": ${reason}`);
    this.action = action;
    this.path = path;
    this.reason = reason;
  }
}

/** Thrown when a file to read does not exist, or is a folder. */
export class NoSuchFileError extends IoError {
  override name = "NoSuchFileError";
}

/** Thrown when a file to write exists already; it was not touched. */
export class FileExistsError extends IoError {
  override name = "FileExistsError";
}

/** A file that is only ever added to. */
export interface AppendFile {
  /** Adds a text in one piece: other processes that append never tear it. */
  append(text: string): void;
  close(): void;
}

/** A lock that lasts until it is released or the process ends, however it ends. */
export interface FileLock {
  /** What the lock file says. */
  read(): string;
  /** Says something else; only for the holder of an exclusive lock. */
  write(text: string): void;
  /** Makes an exclusive lock a shared one. */
  share(): void;
  /** Gives the lock up; with `remove`, the file goes away unless others hold it too. */
  release(options: { remove: boolean }): void;
}

/** What stands under a path. */
export type PathKind = "file" | "folder" | "other";

/** The files of the machine. All methods throw {@linkcode IoError}. */
export interface FileSystem {
  readonly isWindows: boolean;
  /** Yields a file's bytes; a chunk is valid until the next one. */
  readChunks(path: string): Iterable<Uint8Array>;
  readFile(path: string): Uint8Array;
  /** Follows links; `undefined` if nothing is there. */
  statOf(path: string): { kind: PathKind; sizeBytes: number } | undefined;
  /** Whether anything, even a dangling link, has this name. */
  exists(path: string): boolean;
  /** Names in a folder; `undefined` if it does not exist. */
  namesIn(folder: string): string[] | undefined;
  /** Makes a folder and those above it, unless they exist. */
  makeFolder(path: string): void;
  /**
   * Writes a new file. Nobody ever sees part of it under its name, and a file
   * of that name is never replaced: {@linkcode FileExistsError}.
   */
  putNew(path: string, bytes: Uint8Array, options?: { secret?: boolean }): void;
  /** The same for a file that is made piece by piece. */
  putNewChunks(path: string, chunks: Iterable<Uint8Array>): void;
  /** Replaces a file that only this process uses; nobody sees half of either. */
  replace(path: string, chunks: Iterable<Uint8Array>): void;
  /** Opens a file at its end; it has to exist. */
  openAppend(path: string): AppendFile;
  remove(path: string): void;
  /** Marks the temporary names of this process, so that a later one can tell them from others. */
  setTemporaryTag(tag: string): void;
  /** The mark in a temporary name, if it is one. */
  temporaryTagOf(name: string): string | undefined;
  /**
   * Locks a file, made if need be, without waiting. `undefined` if another
   * process holds a lock that excludes this one; `"unsupported"` where there
   * are no locks.
   */
  tryLock(path: string, kind: "shared" | "exclusive"): FileLock | undefined | "unsupported";
}
