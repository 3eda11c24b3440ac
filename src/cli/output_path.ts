import { newFileObstacle } from "../files/obstacle.ts";
import type { Problems } from "../problems/problems.ts";
import { windowsPathFault } from "../plan/names.ts";
import type { FileReader } from "../ports/file_system.ts";
import { UsageError } from "./exit_code.ts";

/**
 * Makes sure that a path to write to is the one that the system will take:
 * Windows drops and changes some names without a word.
 *
 * @param argument What names it on the command line: "--outdir".
 * @returns The path.
 * @throws {UsageError} If it is not, naming the argument.
 */
export function outputPath(argument: string, path: string, isWindows: boolean): string {
  const fault = isWindows ? windowsPathFault(path) : undefined;
  if (fault !== undefined) throw new UsageError(`${argument} "${path}" ${fault}`);
  return path;
}

/** The same for a file. @throws {UsageError} Also if it is the path of a folder. */
export function outputFile(argument: string, path: string, isWindows: boolean): string {
  const end = isWindows ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/;
  if (end.test(path)) throw new UsageError(`${argument} "${path}" names a folder`);
  return outputPath(argument, path, isWindows);
}

/** Reports what keeps a new file from being made. @param mend What to do if it exists already. */
export function checkNewFile(
  files: FileReader,
  path: string,
  problems: Problems,
  mend?: string,
): void {
  const obstacle = newFileObstacle(files, path, mend);
  if (obstacle === undefined) return;
  const code = obstacle.rule === "no-folder" ? "output-folder" : "file-exists";
  problems.add({ file: obstacle.path }, code, obstacle.message);
}
