/**
 * What is in the way of files to be written, found before anything is made.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { FileReader, PathKind } from "../ports/file_system.ts";

/** Something that keeps a file or folder from being made. */
export interface Obstacle {
  /** What is in the way: the path itself, or one above it. */
  path: string;
  rule: "exists" | "is-a-folder" | "no-folder";
  /** What it is; then, behind a semicolon, what would be right. */
  message: string;
}

const MEND = "choose another name, or move it away";

const KIND_TEXT: Readonly<Record<Exclude<PathKind, "folder">, string>> = {
  file: "a file",
  link: "a symbolic link that leads nowhere",
  other: "a pipe or device",
};

/**
 * What is where a folder, or one above it, has to be; `undefined` if the folder
 * is there or can be made. A link to a folder is as good as one.
 *
 * @param mend What to do about it.
 * @throws {IoError} If the system does not tell.
 */
export function folderObstacle(
  files: FileReader,
  folder: string,
  mend = MEND,
): Obstacle | undefined {
  for (let path = folder;; path = dirname(path)) {
    const kind = files.statOf(path)?.kind ?? files.linkStatOf(path)?.kind;
    if (kind === "folder") return undefined;
    if (kind !== undefined) {
      const what = path === folder ? "a folder is needed there" : `"${folder}" is to be in it`;
      return {
        path,
        rule: "no-folder",
        message: `is ${KIND_TEXT[kind]}, but ${what}; ${mend}`,
      };
    }
    if (dirname(path) === path) return undefined;
  }
}

/**
 * What keeps a new file from being made; `undefined` if nothing does.
 *
 * @param mend What to do about a file that exists already.
 * @throws {IoError} If the system does not tell.
 */
export function newFileObstacle(
  files: FileReader,
  path: string,
  mend = MEND,
): Obstacle | undefined {
  const kind = files.linkStatOf(path)?.kind;
  if (kind === "folder") {
    return { path, rule: "is-a-folder", message: "is a folder; name a file in it, or another one" };
  }
  if (kind !== undefined) return { path, rule: "exists", message: `exists already; ${mend}` };
  return folderObstacle(files, dirname(path));
}
