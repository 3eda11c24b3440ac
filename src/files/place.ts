/**
 * Gives a finished file its name without ever replacing another one.
 *
 * @module
 */

import { FileExistsError, type FileSystem, UnsupportedError } from "../ports/file_system.ts";

/**
 * Gives the file at `staged` the name `target` as well; `staged` may be gone
 * afterwards. A hard link does that. Where there are none (FAT, some network
 * drives), the name is reserved by an empty file, which is then replaced: a
 * file of 0 bytes is what a run leaves that ends in between.
 *
 * @throws {FileExistsError} If anything has the name; it was not touched.
 */
export function place(files: FileSystem, staged: string, target: string): void {
  try {
    files.link(staged, target);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    files.createNew(target).close();
    try {
      files.rename(staged, target);
    } catch (failure) {
      files.remove(target); // nothing is in it yet
      throw failure;
    }
  }
}

/** Keeps a file under the first free name of the form `<path>.old-<n>` too. */
export function keepAside(files: FileSystem, path: string): void {
  for (let number = 1;; number++) {
    const aside = `${path}.old-${number}`;
    try {
      files.link(path, aside);
      return;
    } catch (error) {
      if (error instanceof FileExistsError) continue;
      if (!(error instanceof UnsupportedError)) throw error;
      if (files.linkStatOf(aside) !== undefined) continue;
      files.rename(path, aside);
      return;
    }
  }
}
