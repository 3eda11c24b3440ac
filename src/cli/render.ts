/**
 * Results and problems to text and JSON.
 *
 * @module
 */

import { problemLines } from "../problems/problem_text.ts";
import type { Place, Problem, Problems } from "../problems/problems.ts";
import { formatWarning, type Warnings } from "../problems/warnings.ts";
import type { Host } from "../ports/host.ts";
import { counted, jsonText } from "../report/text.ts";
import type { RawArgs } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";

/** How a command reports. */
export interface ReportStyle {
  isQuiet: boolean;
  isJson: boolean;
}

/** The style that the options ask for. */
export function styleOf(args: RawArgs): ReportStyle {
  return { isQuiet: args.has("quiet"), isJson: args.has("json") };
}

/** Notes as lines of a report. */
export function noteLines(notes: readonly string[]): string[] {
  return notes.map((note) => `note: ${note}`);
}

/** A place or a problem as JSON names its parts. */
function placedJson({ fileId, device, column, key, ...rest }: Place | Problem) {
  // What is undefined is left out.
  return { ...rest, device, file_id: fileId, column, key };
}

/** Warnings as JSON has them. */
export function warningsJson(warnings: Warnings): unknown[] {
  return warnings.all.map(({ places, ...warning }) => {
    return { ...warning, places: places.map(placedJson) };
  });
}

/** Prints warnings, a line each. */
export function printWarnings(host: Host, warnings: Warnings): void {
  host.printError(warnings.all.map((one) => `warning: ${formatWarning(one)}\n`).join(""));
}

/**
 * Prints the problems of a rejected run, and what they mean for it.
 *
 * @param warnings Those of the run, where it looks for any; they were printed before.
 */
export function reportRejected(
  host: Host,
  style: ReportStyle,
  problems: Problems,
  consequence = "nothing was written",
  warnings?: Warnings,
): ExitCode {
  const { kept, kinds, total } = problems;
  const columns = style.isJson ? undefined : host.errorColumns();
  const lines = problemLines(problems, columns);
  lines.push(`${counted(total, "problem")}; ${consequence}`);
  lines.push(`to learn more: mfg_gen explain ${kinds.map(({ code }) => code).join(" ")}`);
  host.printError(`${lines.join("\n")}\n`);
  if (style.isJson) {
    printJson(host, {
      exit: EXIT.rejected,
      problem_count: total,
      problem_kinds: kinds.map(({ code, total, summary }) => ({
        code,
        total,
        ...(summary === undefined ? {} : { summary }),
      })),
      problems: kept.map(placedJson),
      ...(warnings === undefined ? {} : { warnings: warningsJson(warnings) }),
    });
  }
  return EXIT.rejected;
}

/** Reports a run that ends for its warnings, which were printed before. */
export function reportStrict(host: Host, style: ReportStyle, warnings: Warnings): ExitCode {
  const count = counted(warnings.all.length, "warning");
  host.printError(`${count}, and --strict takes them for errors; nothing was written\n`);
  if (style.isJson) {
    const none = { problem_count: 0, problem_kinds: [], problems: [] };
    printJson(host, { exit: EXIT.rejected, ...none, warnings: warningsJson(warnings) });
  }
  return EXIT.rejected;
}

/** Prints one JSON document. */
export function printJson(host: Host, document: unknown): void {
  host.print(jsonText(document));
}
