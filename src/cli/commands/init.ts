/**
 * ```console
 * $ mfg_gen init lot-7
 * files: lot-7/conf.csv, lot-7/values.csv, lot-7/README.txt
 * next, in lot-7: mfg_gen generate conf.csv values.csv Dev 0x3000 --fileid serial --outdir out
 * ```
 *
 * @module
 */

import { join } from "@std/path";
import type { NewFile } from "../../files/new_file.ts";
import { folderObstacle } from "../../files/obstacle.ts";
import { Problems } from "../../problems/problems.ts";
import type { FileReader } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { writeAllOrNone } from "../key_files.ts";
import { outputPath } from "../output_path.ts";
import { noteLines, printJson, reportRejected, styleOf } from "../render.ts";
import { STARTER_COMMAND, STARTER_FILES } from "../starter_files.ts";

export async function runInit(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const problems = new Problems();
  const typed = args.positional("folder") || ".";
  const folder = outputPath("folder", typed, host.files.isWindows);
  const newFiles: NewFile[] = Object.entries(STARTER_FILES).map(([name, text]) => ({
    path: join(folder, name),
    content: new TextEncoder().encode(text),
  }));
  const paths = newFiles.map(({ path }) => path);
  checkFree(host.files, folder, paths, problems);
  if (problems.total > 0) return reportRejected(host, style, problems);

  const notes = await writeAllOrNone(host, newFiles);
  if (style.isJson) {
    printJson(host, { folder, files: paths, next: STARTER_COMMAND, notes });
  } else if (!style.isQuiet) {
    host.print([
      `files: ${paths.join(", ")}`,
      `next${folder === "." ? "" : `, in ${folder}`}: ${STARTER_COMMAND}`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}

/** Reports everything that is in the way. */
function checkFree(
  files: FileReader,
  folder: string,
  paths: readonly string[],
  problems: Problems,
): void {
  const obstacle = folderObstacle(files, folder);
  if (obstacle !== undefined) {
    problems.add({ file: obstacle.path }, "output-folder", obstacle.message);
    return;
  }
  for (const path of paths) {
    if (files.linkStatOf(path) !== undefined) {
      problems.add(
        { file: path },
        "file-exists",
        "exists already; choose another folder, or move it away",
      );
    }
  }
}
