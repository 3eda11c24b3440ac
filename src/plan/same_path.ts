import { SEPARATOR } from "@std/path";
import { absolutePath } from "../files/absolute.ts";
import { foldedName, pathBelow } from "./names.ts";

/** Whether two paths, relative to a folder unless absolute, are one file on some system. */
export function isSamePath(a: string, b: string, folder: string): boolean {
  return wholePath(a, folder) === wholePath(b, folder);
}

/** Whether a path leads to something below a folder, on some system; both as for {@linkcode isSamePath}. */
export function isBelow(path: string, above: string, folder: string): boolean {
  const start = wholePath(above, folder);
  return wholePath(path, folder).startsWith(start.endsWith(SEPARATOR) ? start : start + SEPARATOR);
}

function wholePath(path: string, folder: string): string {
  return foldedName(absolutePath(pathBelow(folder, path)));
}
