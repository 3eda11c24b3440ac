import { isAbsolute, join, resolve } from "@std/path";

/**
 * The whole path of a file, so that it is found from another folder too. Where
 * the current folder may not be asked for, the path stays as it is.
 */
export function absolutePath(path: string): string {
  if (isAbsolute(path)) return join(path);
  try {
    return resolve(path);
  } catch {
    return path;
  }
}
