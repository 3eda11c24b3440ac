/**
 * Results and problems to text and JSON.
 *
 * @module
 */

import { formatProblem, type Problems } from "../input/problems.ts";
import { formatWarning, type Warnings } from "../input/warnings.ts";
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
  const { kept, total } = problems;
  const lines = kept.map(formatProblem);
  if (total > kept.length) lines.push(`… and ${total - kept.length} more`);
  lines.push(`${total} ${total === 1 ? "problem" : "problems"}; ${consequence}`);
  host.printError(`${lines.join("\n")}\n`);
  if (style.isJson) {
    printJson(host, {
      exit: EXIT.rejected,
      problem_count: total,
      problems: kept,
      ...(warnings === undefined ? {} : { warnings: warnings.all }),
    });
  }
  return EXIT.rejected;
}

/** Reports a run that ends for its warnings, which were printed before. */
export function reportStrict(host: Host, style: ReportStyle, warnings: Warnings): ExitCode {
  const count = counted(warnings.all.length, "warning");
  host.printError(`${count}, and --strict takes them for errors; nothing was written\n`);
  if (style.isJson) {
    const none = { problem_count: 0, problems: [] };
    printJson(host, { exit: EXIT.rejected, ...none, warnings: warnings.all });
  }
  return EXIT.rejected;
}

/** Prints one JSON document. */
export function printJson(host: Host, document: unknown): void {
  host.print(jsonText(document));
}
