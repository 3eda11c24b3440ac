/**
 * Puts folders and files on the disk, so that a power cut does not take them
 * away again.
 *
 * @module
 */

import { dirname } from "@std/path";
import {
  FileExistsError,
  type FileSystem,
  IoError,
  UnsupportedError,
  type WritableFile,
} from "../ports/file_system.ts";

/** Makes folders, syncs them and files, and remembers where syncing was not possible. */
export class Disk {
  readonly #files: FileSystem;
  readonly #unsynced = new Set<string>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** What the system could not be told to put on the disk: folders, and the folders of files. */
  get unsynced(): readonly string[] {
    return [...this.#unsynced];
  }

  /**
   * Makes a folder, and those above it, unless it is there.
   *
   * @throws {IoError} If something else has the name.
   */
  async make(path: string): Promise<void> {
    const parent = dirname(path);
    if (this.#files.statOf(path)?.kind === "folder") {
      if (this.#files.namesIn(path)?.length === 0) await this.#syncAgain(parent);
      return;
    }
    if (parent !== path) await this.make(parent);
    try {
      this.#files.makeFolder(path);
    } catch (error) {
      // Another process may have been faster.
      const isThere = error instanceof FileExistsError &&
        this.#files.statOf(path)?.kind === "folder";
      if (isThere) return;
      throw error instanceof FileExistsError
        ? new IoError("create folder", path, "something else has that name")
        : error;
    }
    await this.syncFolder(parent);
  }

  /**
   * For a folder that a run may have made which was killed before its name was
   * on the disk. If the system does not allow it, this program did not make it.
   */
  async #syncAgain(parent: string): Promise<void> {
    try {
      await this.#files.syncFolder(parent);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }

  /**
   * The same for a folder that only this program fills: no link, behind which
   * somebody else's files may be.
   */
  async makeOwn(path: string): Promise<void> {
    assertOwnFolder(this.#files, path);
    await this.make(path);
  }

  /** Puts the names in a folder on the disk. */
  async syncFolder(path: string): Promise<void> {
    await this.#syncing(path, this.#files.syncFolder(path));
  }

  /** Puts the contents of a file that exists on the disk. */
  async syncFile(path: string): Promise<void> {
    await this.#syncing(dirname(path), this.#files.syncFile(path));
  }

  /** Puts a file that an earlier run may have made on the disk, with its name. */
  async syncThere(path: string): Promise<void> {
    await this.syncFile(path);
    await this.syncFolder(dirname(path));
  }

  /** Puts the contents of a file that is open on the disk. */
  async syncOpen(file: WritableFile, path: string): Promise<void> {
    await this.#syncing(dirname(path), file.syncData());
  }

  /** Takes note that something in a folder cannot be synced; throws every other error on. */
  passUnsupported(error: unknown, path: string): void {
    if (!(error instanceof UnsupportedError)) throw error;
    this.#unsynced.add(dirname(path));
  }

  async #syncing(folder: string, sync: Promise<void>): Promise<void> {
    try {
      await sync;
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      this.#unsynced.add(folder);
    }
  }
}

/**
 * Makes sure that a path is free, or a real folder.
 *
 * @throws {IoError} If it is a link or something else.
 */
export function assertOwnFolder(files: FileSystem, path: string): void {
  const kind = files.linkStatOf(path)?.kind;
  if (kind === undefined || kind === "folder") return;
  throw new IoError(
    "use folder",
    path,
    kind === "link" ? "it is a symbolic link; put a real folder there" : "it is no folder",
  );
}

/**
 * Whether a path is a regular file that has no other name: a file of the
 * program's own, which nobody planted. False if nothing is there.
 *
 * @throws {IoError} If it is a link, a pipe, a folder or a file of several names.
 */
export function isOwnFile(files: FileSystem, path: string): boolean {
  const info = files.linkStatOf(path);
  if (info === undefined) return false;
  const reason = info.kind === "link"
    ? "it is a symbolic link"
    : info.kind !== "file"
    ? "it is no regular file"
    : info.linkCount > 1
    ? "the file has other names too (hard links)"
    : undefined;
  if (reason === undefined) return true;
  throw new IoError("use", path, `${reason}; move it away`);
}

/** The same for a path that may be free. @throws {IoError} As {@linkcode isOwnFile}. */
export function assertOwnFile(files: FileSystem, path: string): void {
  isOwnFile(files, path);
}

/** What to tell a user about folders that could not be synced; nothing where that is the system's way. */
export function syncNotes({ isWindows }: FileSystem, unsynced: readonly string[]): string[] {
  if (unsynced.length === 0 || isWindows) return [];
  return [
    `the system could not be told to put these folders on the disk at once: ${
      unsynced.join(", ")
    }; a power cut in the next minute may take files away`,
  ];
}
