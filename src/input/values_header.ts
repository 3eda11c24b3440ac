/**
 * The header of the values CSV, matched with the configuration.
 *
 * @module
 */

import type { CsvRecord } from "./csv_records.ts";
import { didYouMean } from "./did_you_mean.ts";
import type { Excerpt } from "../problems/excerpt.ts";
import type { Problems } from "../problems/problems.ts";
import { isNvsCsvHeader } from "./nvs_csv_header.ts";
import { isSchemaStart, type KeyRow, type Schema } from "./schema.ts";
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

/** Columns that are listed where one is unknown. */
const MAX_LISTED_COLUMNS = 50;

/** What to tell of an option's column that a header does not have. */
export function noColumnText(column: string, option: string, names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED_COLUMNS).map((name) => `"${name}"`).join(", ");
  const more = names.length - MAX_LISTED_COLUMNS;
  return `has no column "${column}" for ${option}${
    didYouMean(column, names) || ";"
  } its columns are ${listed}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What a header has to be, for finding out what separates its cells: the keys, in their order. */
export function isHeaderOf({ keys }: Schema): IsRightStart {
  return (cells) => {
    let next = 0;
    for (const cell of cells) if (cell === keys[next]?.key) next++;
    return next === keys.length;
  };
}

/** Expected headers are shown whole up to so many characters. */
const MAX_ORDER_CHARACTERS = 120;

/**
 * Matches a header with the schema's keys: they stand in the same order, with
 * any other columns between. Everything wrong goes to `problems`.
 *
 * @returns With a column for each key; with none if some are missing or in another order.
 */
export function matchHeader(
  record: CsvRecord,
  schema: Schema,
  file: string,
  problems: Problems,
  fileIdColumn?: string,
): ValuesHeader {
  const { line, row, fields: names, separator } = record;
  const fileIdCell = fileIdColumn === undefined ? -1 : names.indexOf(fileIdColumn);
  const header = { line, names, ...(fileIdCell < 0 ? {} : { fileIdCell }), separator };
  const { keys } = schema;
  const known = new Set(keys.map(({ key }) => key));
  const present = presentKeys(names.filter((name) => known.has(name)), keys);
  const otherKind = present.length > 0 ? undefined : otherKindOf(names);
  if (otherKind !== undefined) {
    problems.add(
      { file, line, row },
      "wrong-csv",
      `${otherKind}; give the values: a header and a row for each device`,
    );
    return { ...header, columns: [] };
  }
  if (present.length < keys.length) {
    reportMissing(record, keys, new Set(present), file, problems);
    if (present.length === 0) problems.summarize("missing-column", noKeyHint(names, keys));
  }
  const columns = matchColumns(record, present, file, problems);
  return { ...header, columns: columns.length === keys.length ? columns : [] };
}

/** What may be wrong where no key has a column. It may be a row of values, so nothing is named. */
function noKeyHint([first = "", ...others]: readonly string[], keys: readonly KeyRow[]): string {
  if (others.length === 0 && first.includes(keys[0]!.key)) {
    return "the header is a single cell; put commas, semicolons or tabs between the columns";
  }
  return "no key has a column: the first row has to be the header with the names of the keys, " +
    "and each row below it a device";
}

/** What a file is that has no header of values. */
function otherKindOf(cells: readonly string[]): string | undefined {
  if (isSchemaStart(cells)) return "is a configuration, as it begins with a namespace row";
  return isNvsCsvHeader(cells) ? "is an NVS CSV, which holds one partition" : undefined;
}

/** The keys that have a column, in the configuration's order. */
function presentKeys(found: readonly string[], keys: readonly KeyRow[]): KeyRow[] {
  // Of a key in several namespaces the order tells which column is there, if it is right.
  let next = 0;
  const ordered = keys.filter(({ key }) => key === found[next] && ++next);
  if (next === found.length) return ordered;
  const free = new Map<string, number>();
  for (const name of found) free.set(name, (free.get(name) ?? 0) + 1);
  return keys.filter(({ key }) => {
    const count = free.get(key) ?? 0;
    free.set(key, count - 1);
    return count > 0;
  });
}

/** Reports each key that has no column. */
function reportMissing(
  record: CsvRecord,
  keys: readonly KeyRow[],
  present: ReadonlySet<KeyRow>,
  file: string,
  problems: Problems,
): void {
  const { line, row: sheetRow, fields: names } = record;
  const namespacesOf = new Map<string, Set<string>>();
  for (const { key, namespace } of keys) {
    const namespaces = namespacesOf.get(key);
    if (namespaces === undefined) namespacesOf.set(key, new Set([namespace]));
    else namespaces.add(namespace);
  }
  /** Cells that name no key, in lower case and without the spaces around. */
  const variants = new Map<string, number>();
  for (const [cellIndex, name] of names.entries()) {
    const folded = name.trim().toLowerCase();
    if (!namespacesOf.has(name) && !variants.has(folded)) variants.set(folded, cellIndex);
  }
  for (const row of keys) {
    if (present.has(row)) continue;
    const { key, namespace } = row;
    const variant = variants.get(key.toLowerCase());
    if (variant !== undefined) {
      problems.add(
        { file, line, row: sheetRow, column: variant + 1, key },
        "missing-column",
        `has no column; the header says "${names[variant]}", write "${key}"`,
        () => headerExcerpt(record, variant, 2 * present.size >= keys.length),
      );
      continue;
    }
    const count = namespacesOf.get(key)!.size;
    const what = count === 1
      ? `has no column; add one named "${key}"`
      : `has no column for namespace "${namespace}"; it is in ${count} namespaces, so ${count} ` +
        "columns have its name, in the configuration's order";
    problems.add(
      { file, line, row: sheetRow, key },
      "missing-column",
      `${what} (configuration line ${row.line})`,
    );
  }
}

/**
 * Finds the columns of keys of which each has one. Reports the first that is out
 * of order; if none is, those that are too many.
 */
function matchColumns(
  record: CsvRecord,
  keys: readonly KeyRow[],
  file: string,
  problems: Problems,
): ValueColumn[] {
  const { line, row: sheetRow, fields: names } = record;
  const columns: ValueColumn[] = [];
  const known = new Set(keys.map(({ key }) => key));
  const surplus: number[] = [];
  /** Whether what was met so far are the keys in their order. */
  let isInOrder = true;
  let outOfOrder = { cellIndex: 0, next: keys[0] };
  for (const [cellIndex, name] of names.entries()) {
    const row = keys[columns.length];
    if (name === row?.key) {
      columns.push({ row, cellIndex });
    } else if (known.has(name)) {
      surplus.push(cellIndex);
      if (isInOrder) outOfOrder = { cellIndex, next: row };
      isInOrder = false;
    }
  }
  const { cellIndex, next } = outOfOrder;
  if (columns.length < keys.length && next !== undefined) {
    const order = keys.map(({ key }) => key).join(", ");
    problems.add(
      { file, line, row: sheetRow, column: cellIndex + 1, key: names[cellIndex]! },
      "column-order",
      `is out of the configuration's order; key "${next.key}" of namespace "${next.namespace}" ` +
        `comes next${order.length > MAX_ORDER_CHARACTERS ? "" : `; the order is ${order}`}`,
      () => headerExcerpt(record, cellIndex),
    );
    return [];
  }
  for (const cellIndex of surplus) {
    problems.add(
      { file, line, row: sheetRow, column: cellIndex + 1, key: names[cellIndex]! },
      "surplus-column",
      "is one column more than the configuration has keys of that name; remove or rename it",
      () => headerExcerpt(record, cellIndex),
    );
  }
  return columns;
}

/** @param isHeader Whether half of the keys are among its cells; else it may be a row of values, and secret. */
function headerExcerpt(
  { fields: cells, separator }: CsvRecord,
  cellIndex: number,
  isHeader = true,
): Excerpt {
  const hidden = new Map(isHeader ? [] : cells.map((_, index) => [index, `cell ${index + 1}`]));
  hidden.delete(cellIndex);
  return { cells, separator, cellIndex, hidden };
}
