/**
 * A file that stands alone: written beside its name, synced, and put in place
 * without replacing anything. Files of a batch go through its staging folder
 * instead.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import { Disk } from "./disk.ts";
import { place } from "./place.ts";
import { writeAll } from "./write_all.ts";

/** Where a file goes, and what it holds. */
export interface NewFile {
  path: string;
  /** All bytes at once, or piece by piece. */
  content: Uint8Array | AsyncIterable<Uint8Array>;
  /** Whether nobody but the owner may read it. */
  secret?: boolean;
}

/** The name that a file has while it is written. `mark` tells one run from another. */
export function temporaryPath(path: string, mark: string): string {
  return join(dirname(path), `.${basename(path)}.${mark}.tmp`);
}

/**
 * Writes a file that nobody ever sees in part, and that is on the disk when
 * this resolves.
 *
 * @param mark Random characters for the temporary name.
 * @throws {FileExistsError} If anything has the name; it was not touched.
 * @throws {IoError} If it cannot be written, or the temporary file cannot be removed.
 */
export async function putNewFile(
  files: FileSystem,
  { path, content, secret = false }: NewFile,
  mark: string,
  disk = new Disk(files),
): Promise<void> {
  const temporary = temporaryPath(path, mark);
  const file = files.createNew(temporary, { secret });
  try {
    try {
      if (content instanceof Uint8Array) writeAll(file, content);
      else for await (const piece of content) writeAll(file, piece);
      await disk.syncOpen(file, path);
    } finally {
      file.close();
    }
    place(files, temporary, path);
  } catch (error) {
    removeAfter(files, temporary, error);
    throw error;
  }
  files.remove(temporary);
  await disk.syncFolder(dirname(path));
}

/**
 * Removes what a failed action left.
 *
 * @param cause Why the action failed.
 * @throws {IoError} If that fails too: what stays behind may be a secret, so it is named.
 */
export function removeAfter(files: FileSystem, path: string, cause: unknown): void {
  try {
    files.remove(path);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    const first = cause instanceof Error ? cause.message : String(cause);
    throw new IoError("remove", path, `${error.reason}; remove it by hand (before that: ${first})`);
  }
}
