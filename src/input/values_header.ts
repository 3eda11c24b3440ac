/**
 * The header of the values CSV, matched with the configuration.
 *
 * @module
 */

import type { CsvRecord } from "./csv_records.ts";
import type { Problems } from "../problems/problems.ts";
import type { KeyRow, Schema } from "./schema.ts";
import type { IsRightStart, Separator } from "./separator.ts";

/** A column of the values CSV that holds a key's values. */
export interface ValueColumn {
  row: KeyRow;
  /** Index of the cell in each record, from 0. */
  cellIndex: number;
}

/** A checked header. */
export interface ValuesHeader {
  line: number;
  /** All cells of the header, metadata columns included. */
  names: string[];
  /** A column for each key of the schema, in the same order. */
  columns: ValueColumn[];
  /** Index of the cell that holds the file id, from 0, where a column does. */
  fileIdCell?: number;
  /** What separates the cells of the file. */
  separator: Separator;
}

const NOTHING_HIDDEN: ReadonlyMap<number, string> = new Map();

/** What a header has to be, for finding out what separates its cells: the keys, in their order. */
export function isHeaderOf({ keys }: Schema): IsRightStart {
  return (cells) => {
    let next = 0;
    for (const cell of cells) if (cell === keys[next]?.key) next++;
    return next === keys.length;
  };
}

/**
 * Matches a header with the schema's keys: they stand in the same order, with
 * any other columns between. Everything wrong goes to `problems`.
 */
export function matchHeader(
  record: CsvRecord,
  schema: Schema,
  file: string,
  problems: Problems,
  fileIdColumn?: string,
): ValuesHeader {
  const { line, row: sheetRow, fields: names, separator } = record;
  const columns: ValueColumn[] = [];
  const fileIdCell = fileIdColumn === undefined ? -1 : names.indexOf(fileIdColumn);
  const header: ValuesHeader = {
    line,
    names,
    columns,
    ...(fileIdCell < 0 ? {} : { fileIdCell }),
    separator,
  };
  const showing = (cellIndex: number) => () => ({
    cells: names,
    separator,
    cellIndex,
    hidden: NOTHING_HIDDEN,
  });
  const reportVariant = ({ key }: KeyRow, cellIndex: number) =>
    problems.add(
      { file, line, row: sheetRow, column: cellIndex + 1, key },
      "missing-column",
      `has no column; the header says "${names[cellIndex]}", write "${key}"`,
      showing(cellIndex),
    );
  const keys = new Set(schema.keys.map((row) => row.key));
  for (const [cellIndex, name] of names.entries()) {
    const expected = schema.keys[columns.length];
    if (expected !== undefined && name === expected.key) {
      columns.push({ row: expected, cellIndex });
    } else if (keys.has(name)) {
      const variant = expected && variantOf(expected.key, names);
      if (expected === undefined) {
        problems.add(
          { file, line, row: sheetRow, column: cellIndex + 1, key: name },
          "surplus-column",
          "is one column more than the configuration has keys of that name; remove or rename it",
          showing(cellIndex),
        );
      } else if (variant !== undefined) {
        reportVariant(expected, variant);
      } else {
        problems.add(
          { file, line, row: sheetRow, column: cellIndex + 1, key: name },
          "column-order",
          `is out of the configuration's order; key "${expected.key}" of namespace ` +
            `"${expected.namespace}" comes next`,
          showing(cellIndex),
        );
      }
      return header;
    }
  }
  for (const row of schema.keys.slice(columns.length)) {
    const variant = variantOf(row.key, names);
    if (variant !== undefined) {
      reportVariant(row, variant);
      break; // all that follow may be matched once this one is
    }
    problems.add(
      { file, line, row: sheetRow, key: row.key },
      "missing-column",
      `has no column; add one named "${row.key}" (configuration line ${row.line})`,
    );
  }
  return header;
}

/** Index of the name that differs from a key in capitals or outer spaces only. */
function variantOf(key: string, names: readonly string[]): number | undefined {
  const index = names.findIndex((name) =>
    name !== key && name.trim().toLowerCase() === key.toLowerCase()
  );
  return index < 0 ? undefined : index;
}
