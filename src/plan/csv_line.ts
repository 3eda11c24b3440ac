import { stringify } from "@std/csv/stringify";

const LINE_END = "\r\n";

/** A record as Python's `csv` writes it: quotes only where needed, without the line end. */
export function csvLine(cells: readonly string[]): string {
  // Few records hold anything that the library would have to look at.
  const isPlain = !cells.some((cell) => /[",\n]/.test(cell));
  return isPlain ? cells.join(",") : stringify([cells]).slice(0, -LINE_END.length);
}
