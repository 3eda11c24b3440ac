/**
 * NVS CSVs, the input of `image`: `key,type,encoding,value`, one partition.
 *
 * @module
 */

import type { Item } from "../nvs/item.ts";
import { csvRecords } from "./csv_records.ts";
import type { Place, Problems } from "./problems.ts";
import { addItemsOfRow, type CellContext } from "./row_items.ts";
import { isNvsCsvHeader, NVS_CSV_COLUMNS as COLUMNS } from "./nvs_csv_header.ts";
import { isSchemaStart, type KeyRow, type Schema, SchemaBuilder } from "./schema.ts";
import { SeparatorFinder, separatorName } from "./separator.ts";
import { encodingNote } from "./text_encoding.ts";
import { TextError, TextReader } from "./text_lines.ts";

/** Lines that a note names. */
const MAX_NAMED_LINES = 5;

/** One input file. */
export interface NvsCsvFile {
  path: string;
  chunks: Iterable<Uint8Array>;
}

/** What NVS CSVs hold. */
export interface NvsCsvContent {
  items: Item[];
  schema: Schema;
  /** What the user should know, a sentence each. */
  notes: string[];
  /** Where the value of a key stands. */
  placeOf(key: { namespace: string; key: string }): Place;
}

/**
 * Reads NVS CSVs, merged in order: a later file goes on in the namespace that
 * the one before ended in, unless it opens its own. Everything wrong goes to
 * `problems`.
 */
export function readNvsCsvs(
  files: readonly NvsCsvFile[],
  readCellFile: CellContext["readCellFile"],
  problems: Problems,
): NvsCsvContent {
  const builder = new SchemaBuilder(problems);
  const values: string[] = [];
  const notes: string[] = [];
  const placeOf = new Map<KeyRow, { file: string; line: number; column: number }>();
  for (const { path, chunks } of files) {
    try {
      readOne(path, chunks, problems, notes, ({ line, cells, value, columns }) => {
        const row = builder.add(path, line, cells, columns);
        if (row === undefined) return;
        values.push(value);
        placeOf.set(row, { file: path, line, column: columns[COLUMNS.indexOf("value")]! });
      });
    } catch (error) {
      if (!(error instanceof TextError)) throw error;
      problems.add({ file: path, line: error.line }, error.message);
    }
  }
  const schema = builder.finish(files.at(-1)?.path ?? "");
  const columns = schema.keys.map((row, cellIndex) => ({ row, cellIndex }));
  const items: Item[] = [];
  addItemsOfRow(items, schema, columns, values, {
    readCellFile,
    reportCell: ({ row }, message) => problems.add({ ...placeOf.get(row)!, key: row.key }, message),
  });
  if (schema.rows.length === 0 && problems.total === 0) {
    problems.add({ file: files[0]?.path ?? "" }, "has no row; add a namespace and keys");
  }
  return {
    items,
    schema,
    notes,
    placeOf: ({ namespace, key }) => {
      const row = schema.keys.find((row) => row.namespace === namespace && row.key === key);
      const place = row && placeOf.get(row);
      return place === undefined ? { file: files.at(-1)?.path ?? "", key } : { ...place, key };
    },
  };
}

/** A row of an NVS CSV in the order of {@linkcode COLUMNS}, whatever that of its file is. */
interface NvsCsvRow {
  line: number;
  /** Key, type and, if there is one, encoding. */
  cells: string[];
  value: string;
  /** Number in the file of each of {@linkcode COLUMNS}, from 1. */
  columns: readonly number[];
}

function readOne(
  file: string,
  chunks: Iterable<Uint8Array>,
  problems: Problems,
  notes: string[],
  onRow: (row: NvsCsvRow) => void,
): void {
  const problemsBefore = problems.total;
  const spaceLines: number[] = [];
  const separator = new SeparatorFinder(isNvsCsvHeader);
  const text = new TextReader(chunks);
  const records = csvRecords(
    text,
    { comments: true, separator, onSpace: (line) => spaceLines.push(line) },
    ({ line, column, message }) => problems.add({ file, line, column }, message),
  );
  let order: number[] | undefined;
  for (const { line, fields } of records) {
    if (order === undefined) {
      order = COLUMNS.map((name) => fields.indexOf(name));
      const missing = COLUMNS.filter((_, index) => order![index]! < 0);
      if (missing.length > 0) {
        problems.add({ file, line }, headerFault(fields, missing));
        return;
      }
      continue;
    }
    if (fields.every((field) => field.trim() === "")) continue;
    const [key = "", type, encoding, value] = order.map((index) => fields[index]);
    const isNamespace = type === "namespace";
    const cellCount = Math.max(...order) + 1;
    if (!isNamespace && fields.length < cellCount) {
      const lack = fields.length === 3 && value === undefined
        ? "no value"
        : fields.length === 1
        ? "1 cell"
        : `${fields.length} cells`;
      const column = lack === "no value" ? COLUMNS.length : fields.length;
      problems.add({ file, line, column, key }, `has ${lack}; write "${COLUMNS.join(",")}"`);
    } else if (fields.some((field, index) => field !== "" && !order!.includes(index))) {
      const name = separatorName(separator.separator);
      problems.add(
        { file, line, key },
        `has ${fields.length} cells of ${cellCount}; put a cell that holds a ${name} into quotes`,
      );
    } else {
      const columns = order.map((index) => index + 1);
      onRow({ line, cells: [key, type ?? "", encoding ?? ""], value: value ?? "", columns });
    }
  }
  notes.push(
    ...encodingNote(file, text.encoding),
    ...separator.notes(file),
    ...spaceNote(file, spaceLines),
  );
  if (order === undefined && problems.total === problemsBefore) {
    problems.add({ file }, `is empty; it needs the header "${COLUMNS.join(",")}"`);
  }
}

/** What is wrong with a first row, which may be that of another kind of file. */
function headerFault(cells: readonly string[], missing: readonly string[]): string {
  const header = `"${COLUMNS.join(",")}"`;
  if (isSchemaStart(cells)) {
    return "begins with a namespace row, as a configuration does; mfg_gen generate takes that " +
      `with its values, and an NVS CSV has the header ${header} above it`;
  }
  const isOther = missing.length === COLUMNS.length && cells.length > 1;
  return `its header lacks ${missing.join(", ")}; write ${header}` +
    (isOther ? "; values with a row for each device are for mfg_gen generate" : "");
}

function spaceNote(file: string, lines: readonly number[]): string[] {
  if (lines.length === 0) return [];
  const named = [...new Set(lines)];
  const places = named.slice(0, MAX_NAMED_LINES).join(", ");
  const rest = named.length > MAX_NAMED_LINES ? ", …" : "";
  return [
    `${file}: white space behind a closing quote is part of the cell, as in Espressif's utility ` +
    `(line ${places}${rest})`,
  ];
}
