/**
 * The CSVs of `mfg_gen` for other programs: configuration and values to the
 * items of each device, NVS CSVs (`key,type,encoding,value`) to items, and what
 * an image holds to an NVS CSV. Text in, values out; no file is touched but
 * through `readFile`.
 *
 * ```ts
 * import { devicesOf, itemsOfNvsCsv, nvsCsv } from "@mfg-gen/mfg-gen/csv";
 * import { decodePartition, encodePartition } from "@mfg-gen/mfg-gen";
 * import { assertEquals } from "@std/assert";
 *
 * const { devices, problems } = devicesOf(
 *   "device,namespace,\nserial,data,string\nlevel,data,u8,REPEAT\n",
 *   "id,serial,level\nA7,SN-0001,11\nA8,SN-0002,\n",
 * );
 * assertEquals(problems, []);
 * assertEquals(devices.map(({ cells }) => cells[0]), ["A7", "A8"]);
 * const image = encodePartition(devices[1]!.items, { sizeBytes: 0x3000 });
 *
 * const { text, losses } = nvsCsv(decodePartition(image));
 * assertEquals(text.split("\r\n")[2], "serial,data,string,SN-0002");
 * assertEquals(losses, []);
 * const { items } = itemsOfNvsCsv(text);
 * assertEquals(encodePartition(items, { sizeBytes: 0x3000 }), image);
 * ```
 *
 * @module
 */

import { csvRecords } from "../input/csv_records.ts";
import { deviceRows, placeOfDevice } from "../input/device_rows.ts";
import { csvFaultsTo, reportTextError } from "../input/faults.ts";
import { readNvsCsvs } from "../input/nvs_csv.ts";
import { type Problem, Problems } from "../problems/problems.ts";
import { addItemsOfRow } from "../input/row_items.ts";
import { isSchemaStart, parseSchema, type Schema } from "../input/schema.ts";
import { type IsRightStart, SeparatorFinder } from "../input/separator.ts";
import { encodingNote } from "../input/text_encoding.ts";
import { TextReader } from "../input/text_lines.ts";
import { ValueError } from "../input/value_codec.ts";
import { isHeaderOf, matchHeader } from "../input/values_header.ts";
import type { Item } from "../nvs/item.ts";

export { type NvsCsv, nvsCsv } from "../report/nvs_csv.ts";
export type { Code, ProblemCode, WarningCode } from "../problems/code.ts";
export { EXPLANATIONS } from "../problems/explanations.ts";
export type { Explanation } from "../problems/explanation.ts";
export type { Place, Problem } from "../problems/problems.ts";
export type { PartitionContents } from "../nvs/diff.ts";
export type { Item, KeyItem, NamespaceItem } from "../nvs/item.ts";
export type { FloatingType, IntegerType, Value, ValueType } from "../nvs/value.ts";

/** How CSVs are read. */
export interface CsvOptions {
  /**
   * Reads a file that a cell names, at once; what it throws becomes a problem.
   * The bytes are copied. Without it, cells of type `file` are problems.
   */
  readFile?(path: string): Uint8Array;
  /** What problems call the CSVs, in their order: `["conf.csv", "values.csv"]`. */
  names?: readonly string[];
}

/** What is wrong with CSVs, and what else is to be known. */
export interface CsvProblems {
  /** What was done with an unusual form, a sentence each: "values.csv: separated by semicolons". */
  notes: readonly string[];
  /** The first thousand of each code, in the order of the text. */
  problems: readonly Problem[];
  /** How many there are. */
  problemCount: number;
}

/** A row of the values. */
export interface Device {
  /** Number of the device, from 1. */
  number: number;
  /** Physical line of its row, from 1. */
  line: number;
  /** All cells of its row, metadata included, repeated values filled in. */
  cells: readonly string[];
  /** What its partition is to hold, as `encodePartition` takes it. */
  items: readonly Item[];
}

/**
 * Converts a configuration and values to what each device's partition holds. A
 * device with a problem lacks what could not be converted, so look at
 * `problems` first.
 *
 * @param configuration Text, or the bytes of its file.
 * @param values The same of the values.
 */
export function devicesOf(
  configuration: string | Uint8Array,
  values: string | Uint8Array,
  options: CsvOptions = {},
): CsvProblems & { devices: Device[] } {
  const [confName = "conf.csv", valuesName = "values.csv"] = options.names ?? [];
  const problems = new Problems();
  const notes: string[] = [];
  const devices: Device[] = [];
  const read = readerOf(options);
  reportingTextErrors(problems, (use) => {
    use(confName);
    const conf = recordsOf(configuration, confName, true, isSchemaStart, problems);
    const schema: Schema = parseSchema(conf.records, confName, problems);
    notes.push(...conf.notes());
    if (schema.rows.length === 0) return;
    use(valuesName);
    const text = recordsOf(values, valuesName, false, isHeaderOf(schema), problems);
    const { records } = text;
    const first = records.next();
    notes.push(...text.notes());
    if (first.done) {
      problems.add(
        { file: valuesName },
        "empty-file",
        "is empty; it needs a header and a row for each device",
      );
      return;
    }
    const header = matchHeader(first.value, schema, valuesName, problems);
    if (header.columns.length < schema.keys.length) return;
    for (const row of deviceRows(records, header, valuesName, problems)) {
      const items: Item[] = [];
      addItemsOfRow(items, schema, header.columns, row.cells, {
        readCellFile: read,
        reportCell: ({ row: { key }, cellIndex }, code, message) => {
          const place = placeOfDevice(valuesName, header, row);
          problems.add({ ...place, column: cellIndex + 1, key }, code, message);
        },
      }, row.isIncomplete);
      devices.push({ number: row.number, line: row.line, cells: row.cells, items });
    }
  });
  return { devices, notes, problems: problems.kept, problemCount: problems.total };
}

/**
 * Converts NVS CSVs, merged in order, to what the partition holds.
 *
 * @param csvs Text, or the bytes of the file, of one or several.
 */
export function itemsOfNvsCsv(
  csvs: string | Uint8Array | readonly (string | Uint8Array)[],
  options: CsvOptions = {},
): CsvProblems & { items: Item[] } {
  const list = typeof csvs === "string" || csvs instanceof Uint8Array ? [csvs] : csvs;
  const problems = new Problems();
  const files = list.map((csv, index) => ({
    path: options.names?.[index] ?? "nvs.csv",
    chunks: [bytesOf(csv)],
  }));
  const { items, notes } = readNvsCsvs(files, readerOf(options), problems);
  return { items, notes, problems: problems.kept, problemCount: problems.total };
}

const utf8 = new TextEncoder();

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? utf8.encode(text) : text;
}

function recordsOf(
  text: string | Uint8Array,
  file: string,
  comments: boolean,
  isRightStart: IsRightStart,
  problems: Problems,
) {
  const finder = new SeparatorFinder(isRightStart);
  const reader = new TextReader([bytesOf(text)]);
  const records = csvRecords(
    reader,
    { comments, separator: finder },
    csvFaultsTo(problems, file),
  );
  const notes = () => [...encodingNote(file, reader.encoding), ...finder.notes(file)];
  return { records, finder, notes };
}

/** Runs what reads texts; one that is no text becomes a problem of the file that was named last. */
function reportingTextErrors(
  problems: Problems,
  act: (use: (file: string) => void) => void,
): void {
  let file = "";
  try {
    act((name) => file = name);
  } catch (error) {
    reportTextError(error, file, problems);
  }
}

function readerOf({ readFile }: CsvOptions): (path: string) => Uint8Array {
  return (path) => {
    if (readFile === undefined) {
      throw new ValueError("file-unreadable", `file "${path}" cannot be read here`);
    }
    let bytes: unknown; // a program without types may give text, or a promise
    try {
      bytes = readFile(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ValueError("file-unreadable", `file "${path}" cannot be read: ${reason}`);
    }
    if (!(bytes instanceof Uint8Array)) {
      throw new ValueError(
        "file-unreadable",
        `file "${path}" cannot be read: readFile returned no Uint8Array`,
      );
    }
    return new Uint8Array(bytes); // the reader may use its buffer again
  };
}
