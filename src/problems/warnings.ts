/**
 * What may be wrong with input that can be used as it is.
 *
 * @module
 */

import type { WarningCode } from "./code.ts";
import { printable } from "./printable.ts";
import { keyText, placeText } from "./problem_text.ts";
import type { Place } from "./problems.ts";

/** Something that may be wrong, in some places of a column. */
export interface Warning {
  /** What kind of warning it is, for programs and for `mfg_gen explain`. */
  code: WarningCode;
  /** What may be wrong; then, behind a semicolon, what would be right. */
  message: string;
  /** How many places there are. */
  total: number;
  /** The first of them. */
  places: Place[];
}

/** Places kept of each code; all are counted. */
export const MAX_KEPT_PLACES = 1000;

/** Collects the warnings of a run, one for each code and column. */
export class Warnings {
  readonly #warnings = new Map<string, Warning>();
  readonly #keptOfCode = new Map<WarningCode, number>();

  /** The warnings so far, in the order in which they were first met. */
  get all(): Warning[] {
    return [...this.#warnings.values()];
  }

  /** @param count How many places it stands for: those that were not kept have no line. */
  add(code: WarningCode, place: Place, message: string, count = 1): void {
    const id = `${code}\0${place.column}`;
    let warning = this.#warnings.get(id);
    if (warning === undefined) {
      warning = { code, message, total: 0, places: [] };
      this.#warnings.set(id, warning);
    }
    warning.total += count;
    const kept = this.#keptOfCode.get(code) ?? 0;
    if (kept >= MAX_KEPT_PLACES) return;
    this.#keptOfCode.set(code, kept + 1);
    warning.places.push(place);
  }
}

/** A warning as one line: `file:line:column (SN-6): key "k": message (3 cells in all)`. */
export function formatWarning({ message, total, places: [first] }: Warning): string {
  const count = total === 1 ? "" : ` (${total} cells in all)`;
  if (first === undefined) return printable(message + count);
  return printable(`${placeText(first)}:${keyText(first)} ${message}${count}`);
}
