/**
 * What may be wrong with input that can be used as it is.
 *
 * @module
 */

import type { Place } from "./problems.ts";
import { printable } from "./printable.ts";

/** What a warning is about, for programs. */
export type WarningKind =
  /** A number that a spreadsheet shortened: `1.23E+11`. */
  | "shortened-number"
  /** What a spreadsheet shows in the place of a value: `#REF!`, `####`. */
  | "spreadsheet-error"
  /** Zeros in front that others have: `123` among `00123`. */
  | "lost-zeros"
  /** A serial number or the like that occurs twice. */
  | "repeated-value";

/** Something that may be wrong, in some places of a column. */
export interface Warning {
  /** What it is about. */
  kind: WarningKind;
  /** What may be wrong; then, behind a semicolon, what would be right. */
  message: string;
  /** How many places there are. */
  total: number;
  /** The first of them. */
  places: Place[];
}

/** Places kept of each kind; all are counted. */
export const MAX_KEPT_PLACES = 1000;

/** Collects the warnings of a run, one for each kind and column. */
export class Warnings {
  readonly #warnings = new Map<string, Warning>();
  readonly #keptOfKind = new Map<WarningKind, number>();

  /** The warnings so far, in the order in which they were first met. */
  get all(): Warning[] {
    return [...this.#warnings.values()];
  }

  /** @param count How many places it stands for: those that were not kept have no line. */
  add(kind: WarningKind, place: Place, message: string, count = 1): void {
    const id = `${kind}\0${place.column}`;
    let warning = this.#warnings.get(id);
    if (warning === undefined) {
      warning = { kind, message, total: 0, places: [] };
      this.#warnings.set(id, warning);
    }
    warning.total += count;
    const kept = this.#keptOfKind.get(kind) ?? 0;
    if (kept >= MAX_KEPT_PLACES) return;
    this.#keptOfKind.set(kind, kept + 1);
    warning.places.push(place);
  }
}

/** A warning as one line: `file:line:column: key "k": message (3 cells in all)`. */
export function formatWarning({ message, total, places: [first] }: Warning): string {
  const count = total === 1 ? "" : ` (${total} cells in all)`;
  if (first === undefined) return printable(message + count);
  const position = [first.file, first.line, first.column].filter((part) => part !== undefined);
  const key = first.key === undefined ? "" : ` key "${first.key}":`;
  return printable(`${position.join(":")}:${key} ${message}${count}`);
}
