import { stringify } from "@std/csv/stringify";

const LINE_END = "\r\n";

/** What the library would have to look at; few cells hold any of it. */
const SPECIAL = /[",\n]/;

/** A record as Python's `csv` writes it: quotes only where needed, without the line end. */
export function csvLine(cells: readonly string[]): string {
  for (const cell of cells) {
    if (SPECIAL.test(cell)) return stringify([cells]).slice(0, -LINE_END.length);
  }
  return cells.join(",");
}

/** A record of one cell. */
export function csvCell(cell: string): string {
  return SPECIAL.test(cell) ? csvLine([cell]) : cell;
}
