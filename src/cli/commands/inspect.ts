/**
 * ```console
 * $ mfg_gen inspect out/bin/Dev-1.bin --page-map
 * out/bin/Dev-1.bin: 12288 bytes, 3 pages, version 2, not encrypted, 7 of 378 entries used
 *
 * page 0: active, sequence 0, version 2, 7 used, 0 erased, 119 empty
 *     0  N#SsBbI. ........ ........ ........
 *    32  ........ ........ ........ ........
 *    64  ........ ........ ........ ........
 *    96  ........ ........ ........ ......
 *
 * pages 1-2: uninitialized, 0 used, 0 erased, 126 empty each
 *
 * N namespace  # number  S string  B blob data  I blob index  V version 1 blob  x erased  …
 *
 * NAMESPACE  KEY      TYPE    VALUE
 * device     channel  u8      11
 * device     mac      blob    0102ab
 * device     serial   string  "SN-0001"
 *
 * no findings
 * ```
 *
 * @module
 */

import { Problems } from "../../problems/problems.ts";
import { FileExistsError } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import { type ImageView, sourceText } from "../../report/image_view.ts";
import { inspectHtml } from "../../report/inspect_html.ts";
import { inspectJson } from "../../report/inspect_json.ts";
import { inspectText } from "../../report/inspect_text.ts";
import { keySearchLines } from "../../report/key_search_report.ts";
import { nvsCsv } from "../../report/nvs_csv.ts";
import { withColour, withoutColour } from "../../report/paint.ts";
import { jsonText, printable } from "../../report/text.ts";
import type { RawArgs } from "../args.ts";
import { readDumpOptions } from "../dump_options.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import { writeAllOrNone } from "../key_files.ts";
import { isRefusal, openImage, readImageKey, reportRefused } from "../open_image.ts";
import { checkNewFile, outputPath } from "../output_path.ts";
import { reportRejected } from "../render.ts";

const OTHER_PAGE = "give another name with --html";

export async function runInspect(host: Host, args: RawArgs): Promise<ExitCode> {
  assertFormat(args);
  const html = args.value("html");
  const htmlFile = html && outputPath("--html", html, host.files.isWindows);
  const isJson = args.has("json");
  const style = { isQuiet: false, isJson };
  const problems = new Problems();
  if (htmlFile !== undefined) checkNewFile(host.files, htmlFile, problems, OTHER_PAGE);
  const key = await readImageKey(host, args, problems);
  const dump = readDumpOptions(host.files, args, problems);
  const image = await openImage(host.files, args.positional("image"), key, problems, dump);
  if (image === undefined || problems.total > 0) return reportRejected(host, style, problems);
  if (isRefusal(image)) return reportRefused(host, isJson, [image]);

  if (htmlFile !== undefined) {
    await putHtml(host, htmlFile, image, problems);
    if (problems.total > 0) return reportRejected(host, style, problems);
  }
  const isComplete = print(host, args, image);
  if (htmlFile !== undefined && !isJson && !args.has("csv")) {
    host.print(`\npage: ${printable(htmlFile)}\n`);
  }
  return isComplete && image.decoded.findings.length === 0 ? EXIT.done : EXIT.difference;
}

function assertFormat(args: RawArgs): void {
  const excluding = [
    ["csv", "json"],
    ["csv", "all"],
    ["csv", "page-map"],
    ["json", "page-map"],
  ] as const;
  for (const [one, other] of excluding) {
    if (args.has(one) && args.has(other)) {
      throw new UsageError(`--${one} and --${other} exclude each other; give one of them`);
    }
  }
}

/** Prints what is in the image; tells whether nothing had to be left out. */
function print(host: Host, args: RawArgs, image: ImageView): boolean {
  if (args.has("json")) {
    host.print(jsonText(inspectJson(image, args.has("all"))));
    return true;
  }
  if (args.has("csv")) return printCsv(host, image);
  host.print(inspectText(image, {
    paint: host.outputHasColor() ? withColour : withoutColour,
    isAll: args.has("all"),
    hasPageMap: args.has("page-map"),
  }));
  return true;
}

function printCsv(host: Host, image: ImageView): boolean {
  const { text, losses } = nvsCsv(image.decoded);
  if (image.partition !== undefined) {
    host.printError(`note: ${sourceText(image)}: ${image.decoded.sizeBytes} bytes\n`);
  }
  if (host.outputIsTerminal()) printCsvForPeople(host, text);
  else host.print(text);
  for (const line of keySearchLines(image.keySearch)) host.printError(`${line}\n`);
  for (const loss of losses) host.printError(`not in the CSV: ${loss}\n`);
  for (const { rule, message } of image.decoded.findings) {
    host.printError(`finding: ${rule}: ${printable(message)}\n`);
  }
  return losses.length === 0;
}

/** A terminal would obey what a value holds; a file or a pipe gets it as it is. */
function printCsvForPeople(host: Host, text: string): void {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const shown = lines.map(printable);
  host.print(shown.join("\n"));
  if (shown.some((line, at) => line !== lines[at])) {
    host.printError(
      "note: control characters are shown escaped; a file or a pipe gets them as they are\n",
    );
  }
}

async function putHtml(
  host: Host,
  path: string,
  image: ImageView,
  problems: Problems,
): Promise<void> {
  try {
    // What was encrypted is a secret, and so is the page that shows it.
    const content = new TextEncoder().encode(inspectHtml(image));
    await writeAllOrNone(host, [{ path, content, secret: image.isEncrypted }]);
  } catch (error) {
    if (!(error instanceof FileExistsError)) throw error;
    problems.add({ file: path }, "file-exists", `exists already; ${OTHER_PAGE}`);
  }
}
