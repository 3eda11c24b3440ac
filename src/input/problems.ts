import { printable } from "./printable.ts";

/** Where in the user's files something is wrong. Lines and columns count from 1. */
export interface Place {
  /** Path as the user gave it. */
  file: string;
  /** Physical line of the record's first line. */
  line?: number;
  /** Number of the CSV cell in its record. */
  column?: number;
  /** Key or column that it is about. */
  key?: string;
}

/** One thing that a user has to mend before anything is written. */
export interface Problem extends Place {
  /** What is wrong; then, behind a semicolon, what would be right. */
  message: string;
}

/** Problems kept for printing; all are counted. */
export const MAX_KEPT_PROBLEMS = 100;

/** Collects the problems of a whole run, the first {@linkcode MAX_KEPT_PROBLEMS} with their text. */
export class Problems {
  readonly kept: Problem[] = [];
  /** What explains many of them at once, a sentence each; printed behind them. */
  readonly hints: string[] = [];
  total = 0;

  add(place: Place, message: string): void {
    this.total++;
    if (this.kept.length < MAX_KEPT_PROBLEMS) this.kept.push({ ...place, message });
  }

  /** Takes over what another collector has. */
  addAll(others: Problems): void {
    this.total += others.total;
    this.hints.push(...others.hints);
    this.kept.push(...others.kept.slice(0, MAX_KEPT_PROBLEMS - this.kept.length));
  }
}

/** A problem as one line: `file:line:column: key "k": message`. */
export function formatProblem(problem: Problem): string {
  const position = [problem.file, problem.line, problem.column].filter((part) =>
    part !== undefined
  );
  const key = problem.key === undefined ? "" : ` key "${problem.key}":`;
  return printable(`${position.join(":")}:${key} ${problem.message}`);
}
