/**
 * The configuration CSV: which keys a device gets, of which type.
 *
 * @module
 */

import { MAX_BLOB_SIZE, MAX_NAMESPACES } from "../nvs/constants.ts";
import type { NamespaceItem } from "../nvs/item.ts";
import type { CsvRecord } from "./csv_records.ts";
import { didYouMean } from "./did_you_mean.ts";
import { type Encoding, encodingFault, filledSize, parseEncoding } from "./encoding.ts";
import { nameCellFault } from "./name_cell.ts";
import { isNvsCsvHeader, NVS_CSV_COLUMNS } from "./nvs_csv_header.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Excerpt } from "../problems/excerpt.ts";
import { counted } from "../problems/printable.ts";
import type { Place, Problems } from "../problems/problems.ts";
import type { Separator } from "./separator.ts";
import { companionKeys } from "./wifi_companions.ts";

/** Cells of a row: key, type, encoding, REPEAT. */
const MAX_CELLS = 4;

/** Where a cell's value comes from: the cell itself, or the file that it names. */
export type DataType = "data" | "file";

/** A row of the configuration that opens a namespace. */
export interface NamespaceRow {
  kind: "namespace";
  namespace: string;
  /** What every device stores for it. */
  item: NamespaceItem;
  /** The third cell as written; the intermediate CSV repeats it. */
  encodingText: string;
  line: number;
}

/** A row of the configuration that names a key. */
export interface KeyRow {
  kind: "key";
  namespace: string;
  key: string;
  dataType: DataType;
  /** Absent when the row has a problem: it then only keeps its place in the order of keys. */
  encoding?: Encoding;
  encodingText: string;
  /** Whether the first device's value holds for all devices. */
  repeated: boolean;
  line: number;
}

/** A checked configuration. */
export interface Schema {
  rows: (NamespaceRow | KeyRow)[];
  /** The key rows alone, in order. */
  keys: KeyRow[];
  /** Whether no partition can hold it, whatever the values are. */
  isTooLarge: boolean;
  /** Whether some of its keys may bring Wi-Fi companion entries. */
  hasCompanions: boolean;
}

/** Whether a configuration may begin with these cells, for finding out what separates them. */
export function isSchemaStart([, type]: readonly string[]): boolean {
  return type === "namespace";
}

/** What stands in the second cell of a configuration's rows. */
const ROW_TYPES = ["namespace", "data", "file"];
/** A file that is none shows it in its first rows. */
const MAX_ROWS_TO_TELL = 20;

/** Whether a row's second cell is one of a configuration, in capitals perhaps. */
export function isSchemaRow([, type = ""]: readonly string[]): boolean {
  return ROW_TYPES.includes(type.trim().toLowerCase());
}

/**
 * Reads a configuration. Everything wrong goes to `problems`; a key row with a
 * problem has no encoding, so that the values can still be checked for the rest.
 *
 * @param file The path to name in problems.
 */
export function parseSchema(
  records: Iterable<CsvRecord>,
  file: string,
  problems: Problems,
): Schema {
  const builder = new SchemaBuilder(problems);
  const rows = filledRows(records);
  const head = [...firstOf(rows, MAX_ROWS_TO_TELL)];
  const fault = fileFault(head);
  if (fault !== undefined) {
    const [code, message] = fault;
    problems.add({ file, ...(head[0] && { line: head[0].line, row: head[0].row }) }, code, message);
    return builder.finish(file);
  }
  const [{ fields: start }] = head as [CsvRecord];
  if (start[0] === "key" && start[1] === "type") {
    const { line, row } = head.shift()!;
    problems.add(
      { file, line, row, column: 1, key: "key" },
      "configuration-header",
      "is a header; a configuration has none, remove the line",
    );
  }
  const add = ({ line, row, fields, separator }: CsvRecord) => {
    const show = (column: number) => configurationExcerpt(fields, separator, column);
    builder.add({ file, line, row, fields, show });
  };
  head.forEach(add);
  for (const record of rows) add(record);
  return builder.finish(file);
}

/** Rows without the blank ones that spreadsheets write. */
function* filledRows(records: Iterable<CsvRecord>): Generator<CsvRecord> {
  for (const record of records) {
    if (record.fields.some((field) => field.trim() !== "")) yield record;
  }
}

/** Takes some rows, and leaves the others to be taken. */
function* firstOf(rows: Iterator<CsvRecord>, count: number): Generator<CsvRecord> {
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = rows.next();
    if (done) return;
    yield value;
  }
}

/** Why a file is no configuration at all. It may hold secrets, so nothing of it is named. */
function fileFault(head: readonly CsvRecord[]): [ProblemCode, string] | undefined {
  const [start] = head;
  if (start === undefined) {
    return ["empty-file", 'is empty; it needs rows "name,namespace," and "key,type,encoding"'];
  }
  if (isNvsCsvHeader(start.fields)) {
    return [
      "wrong-csv",
      `is an NVS CSV, whose header is "${NVS_CSV_COLUMNS.join(",")}"; mfg_gen image makes an ` +
      'image of it, and a configuration has rows "name,namespace," and "key,type,encoding"',
    ];
  }
  // A mistake is near one of the words; of other texts one may be such a word by chance.
  const meant = head.filter(({ fields: [, type = ""] }) =>
    isSchemaRow(["", type]) || didYouMean(type, ROW_TYPES) !== ""
  );
  if (2 * meant.length >= head.length) return undefined;
  return [
    "wrong-csv",
    'is no configuration, as few rows say "namespace", "data" or "file" in their second cell; ' +
    'write rows "name,namespace," and "key,type,encoding"',
  ];
}

/** Cells that no configuration has may be those of values, and secret. */
function configurationExcerpt(cells: string[], separator: Separator, column: number): Excerpt {
  const hidden = new Map(cells.map((_, index) => [index, `cell ${index + 1}`]));
  for (let index = 0; index < MAX_CELLS; index++) hidden.delete(index);
  return { cells, separator, cellIndex: column - 1, hidden };
}

/** A row of a configuration or an NVS CSV, and where it stands. */
export interface SchemaRecord {
  file: string;
  line: number;
  /** As a spreadsheet shows it, from 1. */
  row: number;
  fields: readonly string[];
  /** Numbers of the cells in the file, where they stand in another order. */
  columns?: readonly number[];
  /** The excerpt for a cell, by its number in the file. */
  show(column: number): Excerpt;
}

/** Takes the rows of a configuration, or of several NVS CSVs, one by one. */
export class SchemaBuilder {
  readonly rows: Schema["rows"] = [];
  readonly keys: KeyRow[] = [];
  readonly #problems: Problems;
  readonly #namespaces = new Set<string>();
  readonly #placeOfKey = new Map<string, Place>();
  #namespace: string | undefined;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Adds a row: a namespace, or a key, which is returned if anything could be made of it. */
  add({ file, line, row: sheetRow, fields, columns = [], show }: SchemaRecord): KeyRow | undefined {
    const [name = "", type = ""] = fields;
    const placeOf = (cell: number) => {
      return { file, line, row: sheetRow, column: columns[cell - 1] ?? cell };
    };
    const report: ReportCell = (cell, code, message) => {
      const place = placeOf(cell);
      this.#problems.add({ ...place, key: name }, code, message, () => show(place.column));
    };

    if (type === "namespace") {
      const fault = nameCellFault(name);
      if (fault !== undefined) report(1, "name-not-allowed", `the namespace's name ${fault}`);
      if (fields.slice(3).some((field) => field !== "")) {
        report(4, "configuration-row", 'a namespace row has nothing behind "namespace"; remove it');
      }
      this.#namespace = name;
      this.#namespaces.add(name);
      const item: NamespaceItem = { namespace: name, type: "namespace" };
      const encodingText = fields[2] ?? "";
      this.rows.push({ kind: "namespace", namespace: name, item, encodingText, line });
      return undefined;
    }
    const row = parseKeyRow(fields, line, this.#namespace, report);
    if (row === undefined) return undefined;
    const id = `${row.namespace}\0${row.key}`;
    const earlier = this.#placeOfKey.get(id);
    if (earlier === undefined) this.#placeOfKey.set(id, placeOf(1));
    else {
      const where = earlier.file === file
        ? `line ${earlier.line}`
        : `${earlier.file}:${earlier.line}`;
      report(
        1,
        "repeated-key",
        `occurs twice in namespace "${row.namespace}" (first in ${where}); remove one`,
      );
    }
    this.rows.push(row);
    this.keys.push(row);
    return row;
  }

  /** Checks what only all rows together show. */
  finish(file: string): Schema {
    const namespaceCount = this.#namespaces.size;
    if (namespaceCount > MAX_NAMESPACES) {
      this.#problems.add(
        { file },
        "too-many-namespaces",
        `has ${namespaceCount} namespaces; a partition holds at most ${MAX_NAMESPACES}`,
      );
    }
    const companions = companionKeys(this.keys);
    for (const { namespace, key, cause } of companions) {
      const place = this.#placeOfKey.get(`${namespace}\0${key}`);
      if (place === undefined) continue;
      this.#problems.add(
        { ...place, key },
        "wifi-companion",
        `is written by itself with "${cause}" (Wi-Fi companion entry); remove the row`,
      );
    }
    return {
      rows: this.rows,
      keys: this.keys,
      isTooLarge: namespaceCount > MAX_NAMESPACES,
      hasCompanions: companions.length > 0,
    };
  }
}

/** Reports what is wrong with a cell, by its number in the order of a configuration. */
type ReportCell = (cell: number, code: ProblemCode, message: string) => void;

function parseKeyRow(
  fields: readonly string[],
  line: number,
  namespace: string | undefined,
  report: ReportCell,
): KeyRow | undefined {
  const [key = "", type, encodingText, repeat = ""] = fields;
  let isRight = true;
  const fault: ReportCell = (cell, code, message) => {
    isRight = false;
    report(cell, code, message);
  };

  if (namespace === undefined) {
    fault(
      1,
      "configuration-row",
      'stands before the first namespace; put a row "name,namespace," above it',
    );
  }
  const keyFault = nameCellFault(key);
  if (keyFault !== undefined) fault(1, "name-not-allowed", keyFault);
  if (type === undefined || encodingText === undefined) {
    const count = counted(fields.length, "cell");
    fault(fields.length, "configuration-row", `has ${count}; write "key,type,encoding"`);
    return undefined;
  }
  if (type !== "data" && type !== "file") {
    const right = ["data", "file", "namespace"].find((known) =>
      known === type.trim().toLowerCase()
    );
    fault(
      2,
      "type-unknown",
      `type "${type}" is unknown; ` +
        (right ? `write "${right}"` : 'write "data", "file" or "namespace"'),
    );
  }
  const encoding = parseEncoding(encodingText);
  if (encoding === undefined) {
    fault(3, "encoding-unknown", encodingFault(encodingText));
  } else if (type === "file" && (encoding.kind === "integer" || encoding.kind === "floating")) {
    fault(
      3,
      "encoding-not-for-file",
      `a file cannot hold ${encodingText}; write type "data", or a string or blob encoding`,
    );
  }
  const blobSize = encoding === undefined ? 0 : filledSize(encoding);
  if (blobSize > MAX_BLOB_SIZE) {
    fault(
      3,
      "value-too-large",
      `makes a blob of ${blobSize} bytes; a device keeps at most ${MAX_BLOB_SIZE}`,
    );
  }
  if (repeat !== "" && repeat !== "REPEAT") {
    fault(4, "repeat-unknown", `"${repeat}" is unknown; write "REPEAT" or nothing`);
  }
  if (fields.slice(4).some((field) => field !== "")) {
    fault(
      5,
      "configuration-row",
      `has ${fields.length} cells; write "key,type,encoding" or "key,type,encoding,REPEAT"`,
    );
  }
  return {
    kind: "key",
    namespace: namespace ?? "",
    key,
    dataType: type === "file" ? "file" : "data",
    ...(isRight && encoding !== undefined ? { encoding } : {}),
    encodingText,
    repeated: repeat === "REPEAT",
    line,
  };
}
