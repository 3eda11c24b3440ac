/**
 * What separates the cells of a CSV: commas, or what spreadsheets of other
 * countries and "text" formats write in their place.
 *
 * @module
 */

/** What stands between two cells. */
export type Separator = "," | ";" | "\t";

/** What a user calls it, one and several. */
const NAMES: Readonly<Record<Separator, { one: string; several: string }>> = {
  ",": { one: "comma", several: "commas" },
  ";": { one: "semicolon", several: "semicolons" },
  "\t": { one: "tab", several: "tabs" },
};
const OTHERS = [";", "\t"] as const;

/** A first line that only names the separator, as spreadsheets read and write it. */
const NAMING_LINE = /^sep=([,;\t])$/;

/** "comma", "semicolon", "tab". */
export function separatorName(separator: Separator): string {
  return NAMES[separator].one;
}

/** Tells whether a first record of these cells would be right. */
export type IsRightStart = (cells: readonly string[]) => boolean;

/** The cells of a line by a separator; none if the line is no whole record. */
export type SplitLine = (line: string, separator: Separator) => readonly string[];

/**
 * Finds out what separates the cells of a file, by its first line.
 *
 * Commas are never taken for anything else: another separator counts only if the
 * line, read with commas, is one cell and cannot be right. So a file that is
 * right with commas is read with commas.
 */
export class SeparatorFinder {
  readonly #isRight: IsRightStart;
  #separator: Separator = ",";
  #isNamed = false;

  constructor(isRight: IsRightStart) {
    this.#isRight = isRight;
  }

  /** What was found; a comma before {@linkcode look} was called. */
  get separator(): Separator {
    return this.#separator;
  }

  /**
   * Looks at the first line that is not passed over.
   *
   * @param cellsOf Takes it apart.
   * @returns Whether it only names the separator, and is no record.
   */
  look(line: string, cellsOf: SplitLine): boolean {
    const named = NAMING_LINE.exec(line)?.[1] as Separator | undefined;
    if (named !== undefined && !this.#isRight(line.split(","))) {
      this.#separator = named;
      this.#isNamed = true;
      return true;
    }
    const unquoted = withoutQuoted(line);
    if (unquoted.includes(",")) return false;
    const found = OTHERS.filter((separator) => unquoted.includes(separator));
    if (found.length === 0 || this.#isRight([line])) return false;
    // What separates may stand within a name where the other one does.
    this.#separator = found.find((separator) => this.#isRight(cellsOf(line, separator))) ??
      found[0]!;
    return false;
  }

  /** What to tell about a file that has no commas, or says what it has. */
  notes(file: string): string[] {
    const { several } = NAMES[this.#separator];
    if (this.#isNamed) return [`${file}: separated by ${several}, as its first line says`];
    return this.#separator === "," ? [] : [`${file}: separated by ${several}`];
  }
}

/**
 * A line without what is quoted. A quote counts where a cell begins, so this may
 * leave out too much, never too little. Cells may be long: no regular expression
 * goes through them.
 */
function withoutQuoted(line: string): string {
  let rest = "";
  let at = 0;
  while (true) {
    const opening = line.indexOf('"', at);
    const closing = opening < 0 ? -1 : line.indexOf('"', opening + 1);
    if (closing < 0) return rest + line.slice(at);
    rest += line.slice(at, opening);
    at = closing + 1; // the second of two quotes opens again
  }
}
