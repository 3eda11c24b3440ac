/**
 * The configuration CSV: which keys a device gets, of which type.
 *
 * @module
 */

import { MAX_BLOB_SIZE, MAX_NAMESPACES } from "../nvs/constants.ts";
import type { NamespaceItem } from "../nvs/item.ts";
import type { CsvRecord } from "./csv_records.ts";
import { type Encoding, encodingFault, filledSize, parseEncoding } from "./encoding.ts";
import { nameCellFault } from "./name_cell.ts";
import { isNvsCsvHeader, NVS_CSV_COLUMNS } from "./nvs_csv_header.ts";
import type { Problems } from "./problems.ts";
import { companionKeys } from "./wifi_companions.ts";

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
    problems.add({ file, ...(head[0] && { line: head[0].line }) }, fault);
    return builder.finish(file);
  }
  const [{ fields: start }] = head as [CsvRecord];
  if (start[0] === "key" && start[1] === "type") {
    problems.add(
      { file, line: head.shift()!.line, column: 1, key: "key" },
      "is a header; a configuration has none, remove the line",
    );
  }
  for (const { line, fields } of head) builder.add(file, line, fields);
  for (const { line, fields } of rows) builder.add(file, line, fields);
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
function fileFault(head: readonly CsvRecord[]): string | undefined {
  const [start] = head;
  if (start === undefined) {
    return 'is empty; it needs rows "name,namespace," and "key,type,encoding"';
  }
  if (isNvsCsvHeader(start.fields)) {
    return `is an NVS CSV, whose header is "${
      NVS_CSV_COLUMNS.join(",")
    }"; mfg_gen image makes an ` +
      'image of it, and a configuration has rows "name,namespace," and "key,type,encoding"';
  }
  if (head.some(({ fields }) => isSchemaRow(fields))) return undefined;
  return 'is no configuration, as no row says "namespace", "data" or "file" in its second cell; ' +
    'write rows "name,namespace," and "key,type,encoding"';
}

/** Takes the rows of a configuration, or of several NVS CSVs, one by one. */
export class SchemaBuilder {
  readonly rows: Schema["rows"] = [];
  readonly keys: KeyRow[] = [];
  readonly #problems: Problems;
  readonly #namespaces = new Set<string>();
  readonly #placeOfKey = new Map<string, { file: string; line: number; column: number }>();
  #namespace: string | undefined;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /**
   * Adds a row: a namespace, or a key, which is returned if anything could be made of it.
   *
   * @param columns Numbers of the cells in the file, where they stand in another order.
   */
  add(
    file: string,
    line: number,
    fields: readonly string[],
    columns: readonly number[] = [],
  ): KeyRow | undefined {
    const [name = "", type = ""] = fields;
    const report = (column: number, message: string) =>
      this.#problems.add({ file, line, column: columns[column - 1] ?? column, key: name }, message);

    if (type === "namespace") {
      const fault = nameCellFault(name);
      if (fault !== undefined) report(1, `the namespace's name ${fault}`);
      if (fields.slice(3).some((field) => field !== "")) {
        report(4, 'a namespace row has nothing behind "namespace"; remove it');
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
    if (earlier === undefined) this.#placeOfKey.set(id, { file, line, column: columns[0] ?? 1 });
    else {
      const where = earlier.file === file
        ? `line ${earlier.line}`
        : `${earlier.file}:${earlier.line}`;
      report(1, `occurs twice in namespace "${row.namespace}" (first in ${where}); remove one`);
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
        `has ${namespaceCount} namespaces; a partition holds at most ${MAX_NAMESPACES}`,
      );
    }
    const companions = companionKeys(this.keys);
    for (const { namespace, key, cause } of companions) {
      const place = this.#placeOfKey.get(`${namespace}\0${key}`);
      if (place === undefined) continue;
      this.#problems.add(
        { ...place, key },
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

function parseKeyRow(
  fields: readonly string[],
  line: number,
  namespace: string | undefined,
  report: (column: number, message: string) => void,
): KeyRow | undefined {
  const [key = "", type, encodingText, repeat = ""] = fields;
  let isRight = true;
  const fault = (column: number, message: string) => {
    isRight = false;
    report(column, message);
  };

  if (namespace === undefined) {
    fault(1, 'stands before the first namespace; put a row "name,namespace," above it');
  }
  const keyFault = nameCellFault(key);
  if (keyFault !== undefined) fault(1, keyFault);
  if (type === undefined || encodingText === undefined) {
    const count = fields.length === 1 ? "1 cell" : `${fields.length} cells`;
    fault(fields.length, `has ${count}; write "key,type,encoding"`);
    return undefined;
  }
  if (type !== "data" && type !== "file") {
    const right = ["data", "file", "namespace"].find((known) =>
      known === type.trim().toLowerCase()
    );
    fault(
      2,
      `type "${type}" is unknown; ` +
        (right ? `write "${right}"` : 'write "data", "file" or "namespace"'),
    );
  }
  const encoding = parseEncoding(encodingText);
  if (encoding === undefined) {
    fault(3, encodingFault(encodingText));
  } else if (type === "file" && (encoding.kind === "integer" || encoding.kind === "floating")) {
    fault(3, `a file cannot hold ${encodingText}; write type "data", or a string or blob encoding`);
  }
  const blobSize = encoding === undefined ? 0 : filledSize(encoding);
  if (blobSize > MAX_BLOB_SIZE) {
    fault(3, `makes a blob of ${blobSize} bytes; a device keeps at most ${MAX_BLOB_SIZE}`);
  }
  if (repeat !== "" && repeat !== "REPEAT") {
    fault(4, `"${repeat}" is unknown; write "REPEAT" or nothing`);
  }
  if (fields.slice(4).some((field) => field !== "")) {
    fault(5, `has ${fields.length} cells; write "key,type,encoding" or "key,type,encoding,REPEAT"`);
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
