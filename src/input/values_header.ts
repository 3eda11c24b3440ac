/**
 * The header of the values CSV, matched with the configuration.
 *
 * @module
 */

import type { CsvRecord } from "./csv_records.ts";
import type { Problems } from "./problems.ts";
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
  /** What separates the cells of the file. */
  separator: Separator;
}

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
  separator: Separator,
  file: string,
  problems: Problems,
): ValuesHeader {
  const { line, fields: names } = record;
  const columns: ValueColumn[] = [];
  const header: ValuesHeader = { line, names, columns, separator };
  const reportVariant = ({ key }: KeyRow, cellIndex: number) =>
    problems.add(
      { file, line, column: cellIndex + 1, key },
      `has no column; the header says "${names[cellIndex]}", write "${key}"`,
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
          { file, line, column: cellIndex + 1, key: name },
          "is one column more than the configuration has keys of that name; remove or rename it",
        );
      } else if (variant !== undefined) {
        reportVariant(expected, variant);
      } else {
        problems.add(
          { file, line, column: cellIndex + 1, key: name },
          `is out of the configuration's order; key "${expected.key}" of namespace ` +
            `"${expected.namespace}" comes next`,
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
      { file, line, key: row.key },
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
