/**
 * NVS CSVs, the input of `image`: `key,type,encoding,value`, one partition.
 *
 * @module
 */

import type { Item } from "../nvs/item.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Excerpt } from "../problems/excerpt.ts";
import { type CsvRecord, csvRecords } from "./csv_records.ts";
import { parseEncoding } from "./encoding.ts";
import { csvFaultsTo, reportTextError } from "./faults.ts";
import type { Place, Problems } from "../problems/problems.ts";
import { isOpenCell } from "./open_cell.ts";
import { addItemsOfRow, type CellContext } from "./row_items.ts";
import { isNvsCsvHeader, NVS_CSV_COLUMNS as COLUMNS } from "./nvs_csv_header.ts";
import { isSchemaStart, type KeyRow, type Schema, SchemaBuilder } from "./schema.ts";
import { SeparatorFinder, separatorName } from "./separator.ts";
import { encodingNote } from "./text_encoding.ts";
import { TextReader } from "./text_lines.ts";

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
  const valueOf = new Map<KeyRow, { place: Place; show: () => Excerpt }>();
  for (const { path, chunks } of files) {
    try {
      readOne(path, chunks, problems, notes, ({ record, cells, value, columns }) => {
        const { line, row: sheetRow } = record;
        const valueColumn = columns[COLUMNS.indexOf("value")]!;
        const show = (column: number) => excerptOf(record, column, valueColumn, cells);
        const row = builder.add({ file: path, line, row: sheetRow, fields: cells, columns, show });
        if (row === undefined) return;
        values.push(value);
        valueOf.set(row, {
          place: { file: path, line, row: sheetRow, column: valueColumn, key: row.key },
          show: () => show(valueColumn),
        });
      });
    } catch (error) {
      reportTextError(error, path, problems);
    }
  }
  const schema = builder.finish(files.at(-1)?.path ?? "");
  const columns = schema.keys.map((row, cellIndex) => ({ row, cellIndex }));
  const items: Item[] = [];
  addItemsOfRow(items, schema, columns, values, {
    readCellFile,
    reportCell: ({ row }, code, message) => {
      const { place, show } = valueOf.get(row)!;
      problems.add(place, code, message, show);
    },
  });
  if (schema.rows.length === 0 && problems.total === 0) {
    problems.add(
      { file: files[0]?.path ?? "" },
      "empty-file",
      "has no row; add a namespace and keys",
    );
  }
  return {
    items,
    schema,
    notes,
    placeOf: ({ namespace, key }) => {
      const row = schema.keys.find((row) => row.namespace === namespace && row.key === key);
      const place = row && valueOf.get(row)?.place;
      return place ?? { file: files.at(-1)?.path ?? "", key };
    },
  };
}

/** What the second column of an NVS CSV says. */
const TYPES: readonly string[] = ["data", "file", "namespace"];

/** A row of an NVS CSV in the order of {@linkcode COLUMNS}, whatever that of its file is. */
interface NvsCsvRow {
  record: CsvRecord;
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
    csvFaultsTo(problems, file),
  );
  let order: number[] | undefined;
  for (const record of records) {
    const { line, row, fields } = record;
    if (order === undefined) {
      order = COLUMNS.map((name) => fields.indexOf(name));
      const missing = COLUMNS.filter((_, index) => order![index]! < 0);
      if (missing.length > 0) {
        const [code, message] = headerFault(fields, missing);
        problems.add({ file, line, row }, code, message);
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
      problems.add(
        { file, line, row, column, key },
        "nvs-csv-row",
        `has ${lack}; write "${COLUMNS.join(",")}"`,
      );
    } else if (fields.some((field, index) => field !== "" && !order!.includes(index))) {
      const name = separatorName(separator.separator);
      problems.add(
        { file, line, row, key },
        "nvs-csv-row",
        `has ${fields.length} cells of ${cellCount}; put a cell that holds a ${name} into quotes`,
      );
    } else if (!isNamespace && isInValueColumn(type, encoding, value)) {
      // No cell is told: that of the value is taken for another.
      const name = parseEncoding(encoding ?? "") === undefined ? "encoding" : "type";
      problems.add(
        { file, line, row, column: order[COLUMNS.indexOf("value")]! + 1, key },
        "nvs-csv-row",
        `${name} stands in the column of the value; put cells and header in one order`,
      );
    } else {
      const columns = order.map((index) => index + 1);
      onRow({ record, cells: [key, type ?? "", encoding ?? ""], value: value ?? "", columns });
    }
  }
  notes.push(
    ...encodingNote(file, text.encoding),
    ...separator.notes(file),
    ...spaceNote(file, spaceLines),
  );
  if (order === undefined && problems.total === problemsBefore) {
    problems.add({ file }, "empty-file", `is empty; it needs the header "${COLUMNS.join(",")}"`);
  }
}

/** Whether encoding or type of a row is wrong, and the value's cell has what is missed there. */
function isInValueColumn(type = "", encoding = "", value = ""): boolean {
  const isEncoding = parseEncoding(encoding) === undefined && parseEncoding(value) !== undefined;
  return isEncoding || (!TYPES.includes(type) && TYPES.includes(value));
}

/** The value is shown where it is a number or the path of a file. */
function excerptOf(
  { fields, separator }: CsvRecord,
  column: number,
  valueColumn: number,
  [, type = "", encodingText = ""]: readonly string[],
): Excerpt {
  const kind = parseEncoding(encodingText)?.kind;
  const isOpen = isOpenCell(type, kind, fields[valueColumn - 1] ?? "");
  const hidden = new Map(isOpen ? [] : [[valueColumn - 1, "value"] as const]);
  return { cells: fields, separator, cellIndex: column - 1, hidden };
}

/** What is wrong with a first row, which may be that of another kind of file. */
function headerFault(
  cells: readonly string[],
  missing: readonly string[],
): [ProblemCode, string] {
  const header = `"${COLUMNS.join(",")}"`;
  if (isSchemaStart(cells)) {
    return [
      "wrong-csv",
      "begins with a namespace row, as a configuration does; mfg_gen generate takes that " +
      `with its values, and an NVS CSV has the header ${header} above it`,
    ];
  }
  const isOther = missing.length === COLUMNS.length && cells.length > 1;
  return [
    "nvs-csv-header",
    `its header lacks ${missing.join(", ")}; write ${header}` +
    (isOther ? "; values with a row for each device are for mfg_gen generate" : ""),
  ];
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
