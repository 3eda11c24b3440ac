/**
 * Results and problems to text and JSON.
 *
 * @module
 */

import { formatProblem, type Problems } from "../input/problems.ts";
import type { Host } from "../ports/host.ts";
import { jsonText } from "../report/text.ts";
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

/** Prints the problems of a rejected run, and what they mean for it. */
export function reportRejected(
  host: Host,
  style: ReportStyle,
  problems: Problems,
  consequence = "nothing was written",
): ExitCode {
  const { kept, total } = problems;
  const lines = kept.map(formatProblem);
  if (total > kept.length) lines.push(`… and ${total - kept.length} more`);
  lines.push(`${total} ${total === 1 ? "problem" : "problems"}; ${consequence}`);
  host.printError(`${lines.join("\n")}\n`);
  if (style.isJson) {
    printJson(host, { exit: EXIT.rejected, problem_count: total, problems: kept });
  }
  return EXIT.rejected;
}

/** Prints one JSON document. */
export function printJson(host: Host, document: unknown): void {
  host.print(jsonText(document));
}

/** "1 device", "2 devices". */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
