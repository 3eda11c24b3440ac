import type { Problems } from "../input/problems.ts";
import type { FileSystem } from "../ports/file_system.ts";

/**
 * Whether a path is a file that can be read; a problem says why not.
 *
 * @param wanted What the user should name instead of a folder.
 */
export function isInputFile(
  files: FileSystem,
  path: string,
  problems: Problems,
  wanted = "a file",
): boolean {
  const kind = files.statOf(path)?.kind;
  if (kind === undefined) problems.add({ file: path }, "does not exist; check the path");
  else if (kind === "folder") problems.add({ file: path }, `is a folder; name ${wanted}`);
  return kind === "file" || kind === "other";
}
