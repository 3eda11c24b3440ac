/**
 * What a user has to mend before anything is written, collected over a whole
 * run so that one run tells all of it.
 *
 * @module
 */

import type { ProblemCode } from "./code.ts";
import type { Excerpt } from "./excerpt.ts";

/** Where in the user's files something is wrong. Lines, rows and columns count from 1. */
export interface Place {
  /** Path as the user gave it. */
  file: string;
  /** Physical line of the record's first line. */
  line?: number;
  /** The row as a spreadsheet shows it: another one than the line below a cell of several lines. */
  row?: number;
  /** Number of the device. */
  device?: number;
  /** The device's file id, where a column has it. */
  fileId?: string;
  /** Number of the CSV cell in its record. */
  column?: number;
  /** Key or column that it is about. */
  key?: string;
}

/** One thing that is wrong. */
export interface Problem extends Place {
  /** What kind of problem it is, for programs and for `mfg_gen explain`. */
  code: ProblemCode;
  /** What is wrong; then, behind a semicolon, what would be right. */
  message: string;
}

/** All problems of a code. */
export interface ProblemKind {
  code: ProblemCode;
  /** How many there are. */
  total: number;
  /** What only all of them together tell, a sentence. */
  summary?: string;
  /** The first one's cell in its record. */
  excerpt?: Excerpt;
}

/** Problems of one code about one key of a file. */
export interface ProblemGroup {
  kind: ProblemKind;
  /** How many there are. */
  total: number;
  /** The first {@linkcode MAX_SHOWN_PLACES}. */
  first: Problem[];
}

/** Problems kept of each code; all are counted. */
export const MAX_KEPT_PROBLEMS = 1000;
/** Problems of a group that are printed. */
export const MAX_SHOWN_PLACES = 3;
/** Groups that are printed. */
const MAX_GROUPS = 100;

/** Collects the problems of a run; memory does not grow with their number. */
export class Problems {
  /** In the order in which they were met, {@linkcode MAX_KEPT_PROBLEMS} of each code. */
  readonly kept: Problem[] = [];
  total = 0;
  readonly #kinds = new Map<ProblemCode, ProblemKind & { keptCount: number }>();
  readonly #groups = new Map<string, ProblemGroup>();

  /** All codes that were met, in that order. */
  get kinds(): ProblemKind[] {
    return [...this.#kinds.values()];
  }

  /** What to print, in the order in which it was met: the first hundred groups. */
  get groups(): ProblemGroup[] {
    return [...this.#groups.values()];
  }

  /** @param excerpt Makes the excerpt that goes with the place; called for a code's first problem. */
  add(place: Place, code: ProblemCode, message: string, excerpt?: () => Excerpt): void {
    this.total++;
    let kind = this.#kinds.get(code);
    if (kind === undefined) {
      kind = { code, total: 0, keptCount: 0 };
      if (excerpt !== undefined) kind.excerpt = excerpt();
      this.#kinds.set(code, kind);
    }
    kind.total++;
    const problem = { code, ...place, message };
    if (kind.keptCount < MAX_KEPT_PROBLEMS) {
      kind.keptCount++;
      this.kept.push(problem);
    }
    this.#group(problem, kind);
  }

  /** Adds what only all problems of a code together tell; without any of them, nothing. */
  summarize(code: ProblemCode, summary: string): void {
    const kind = this.#kinds.get(code);
    if (kind !== undefined) kind.summary = summary;
  }

  /** Takes over what another collector has. */
  addAll(others: Problems): void {
    for (const { code, message, ...place } of others.kept) {
      const { excerpt } = others.#kinds.get(code)!;
      this.add(place, code, message, excerpt && (() => excerpt));
    }
    for (const { code, total, keptCount, summary } of others.#kinds.values()) {
      this.total += total - keptCount;
      this.#kinds.get(code)!.total += total - keptCount;
      if (summary !== undefined) this.summarize(code, summary);
    }
  }

  #group(problem: Problem, kind: ProblemKind): void {
    const { code, file, key, column } = problem;
    const id = JSON.stringify([code, file, key ?? column]);
    let group = this.#groups.get(id);
    if (group === undefined) {
      if (this.#groups.size === MAX_GROUPS) return;
      group = { kind, total: 0, first: [] };
      this.#groups.set(id, group);
    }
    group.total++;
    if (group.first.length < MAX_SHOWN_PLACES) group.first.push(problem);
  }
}
