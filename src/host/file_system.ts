/**
 * What the program needs of a file system, and the errors it gives. The rest
 * of the program names no `Deno.*`.
 *
 * @module
 */

/** Thrown when reading or writing fails; exit status 4. */
export class IoError extends Error {
  override name = "IoError";
  /** Path as the program used it. */
  readonly path: string;
  /** What the system said, in its words. */
  readonly reason: string;

  constructor(action: string, path: string, reason: string) {
    super(`Cannot ${action} "${path}": ${reason}`);
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
  remove(path: string): void;
}
