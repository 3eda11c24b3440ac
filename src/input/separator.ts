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
/** What is quoted. A quote counts where a cell begins, so this may be too much, never too little. */
const QUOTED = /"(?:[^"]|"")*"/g;

/** "comma", "semicolon", "tab". */
export function separatorName(separator: Separator): string {
  return NAMES[separator].one;
}

/**
 * Finds out what separates the cells of a file, by its first line.
 *
 * Commas are never taken for anything else: another separator counts only if the
 * line, read with commas, is one cell that cannot stand there. So a file that is
 * right with commas is read with commas.
 */
export class SeparatorFinder {
  readonly #canStand: (cell: string) => boolean;
  #separator: Separator = ",";
  #isNamed = false;

  /** @param canStand Whether a first record of this one cell would be right; none is by default. */
  constructor(canStand: (cell: string) => boolean = () => false) {
    this.#canStand = canStand;
  }

  /** What was found; a comma before {@linkcode look} was called. */
  get separator(): Separator {
    return this.#separator;
  }

  /**
   * Looks at the first line that is not passed over.
   *
   * @returns Whether it only names the separator, and is no record.
   */
  look(line: string): boolean {
    const named = NAMING_LINE.exec(line)?.[1] as Separator | undefined;
    if (named !== undefined && !this.#canStand(line.split(",")[0]!)) {
      this.#separator = named;
      this.#isNamed = true;
      return true;
    }
    const unquoted = line.replace(QUOTED, "");
    if (unquoted.includes(",")) return false;
    const found = OTHERS.find((separator) => unquoted.includes(separator));
    if (found !== undefined && !this.#canStand(line)) this.#separator = found;
    return false;
  }

  /** What to tell about a file that has no commas, or says what it has. */
  notes(file: string): string[] {
    const { several } = NAMES[this.#separator];
    if (this.#isNamed) return [`${file}: separated by ${several}, as its first line says`];
    return this.#separator === "," ? [] : [`${file}: separated by ${several}`];
  }
}
