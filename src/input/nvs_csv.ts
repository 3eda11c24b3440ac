/**
 * NVS CSVs, the input of `image`: `key,type,encoding,value`, one partition.
 *
 * @module
 */

import type { Item } from "../nvs/item.ts";
import { csvRecords } from "./csv_records.ts";
import type { Place, Problems } from "./problems.ts";
import { itemsOfRow, type ReadCellFile } from "./row_items.ts";
import { type KeyRow, type Schema, SchemaBuilder, separatorFault } from "./schema.ts";
import { TextError, textLines } from "./text_lines.ts";

const COLUMNS = ["key", "type", "encoding", "value"] as const;
/** Number of the value's cell, for problems. */
const VALUE_COLUMN = 4;

/** One input file. */
export interface NvsCsvFile {
  path: string;
  chunks: Iterable<Uint8Array>;
}

/** What NVS CSVs hold. */
export interface NvsCsvContent {
  items: Item[];
  schema: Schema;
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
  readFile: ReadCellFile,
  problems: Problems,
): NvsCsvContent {
  const builder = new SchemaBuilder(problems);
  const values: string[] = [];
  const placeOf = new Map<KeyRow, { file: string; line: number }>();
  for (const { path, chunks } of files) {
    try {
      readOne(path, chunks, problems, (line, fields, value) => {
        const row = builder.add(path, line, fields);
        if (row === undefined) return;
        if (value === undefined) {
          problems.add(
            { file: path, line, column: VALUE_COLUMN, key: row.key },
            'has no value; write "key,type,encoding,value"',
          );
        }
        values.push(value ?? "");
        placeOf.set(row, { file: path, line });
      });
    } catch (error) {
      if (!(error instanceof TextError)) throw error;
      problems.add({ file: path, line: error.line }, error.message);
    }
  }
  const schema = builder.finish(files.at(-1)?.path ?? "");
  const columns = schema.keys.map((row, cellIndex) => ({ row, cellIndex }));
  const items = itemsOfRow(
    schema,
    columns,
    values,
    readFile,
    ({ row }, message) =>
      problems.add({ ...placeOf.get(row)!, column: VALUE_COLUMN, key: row.key }, message),
  );
  if (schema.rows.length === 0 && problems.total === 0) {
    problems.add({ file: files[0]?.path ?? "" }, "has no row; add a namespace and keys");
  }
  return {
    items,
    schema,
    placeOf: ({ namespace, key }) => {
      const row = schema.keys.find((row) => row.namespace === namespace && row.key === key);
      const place = row && placeOf.get(row);
      return place === undefined
        ? { file: files.at(-1)?.path ?? "", key }
        : { ...place, column: VALUE_COLUMN, key };
    },
  };
}

function readOne(
  file: string,
  chunks: Iterable<Uint8Array>,
  problems: Problems,
  onRow: (line: number, fields: string[], value: string | undefined) => void,
): void {
  const records = csvRecords(
    textLines(chunks),
    { comments: true },
    ({ line, column, message }) => problems.add({ file, line, column }, message),
  );
  let order: number[] | undefined;
  for (const { line, fields } of records) {
    if (order === undefined) {
      const message = separatorFault(fields);
      order = COLUMNS.map((name) => fields.indexOf(name));
      const missing = COLUMNS.filter((_, index) => order![index]! < 0);
      if (missing.length > 0) {
        problems.add(
          { file, line },
          message ?? `its header lacks ${missing.join(", ")}; write "${COLUMNS.join(",")}"`,
        );
        return;
      }
      continue;
    }
    if (fields.every((field) => field.trim() === "")) continue;
    if (fields.length > COLUMNS.length) {
      problems.add(
        { file, line, key: fields[order[0]!] ?? "" },
        `has ${fields.length} cells of 4; put a cell that holds a comma into quotes`,
      );
      continue;
    }
    const [key, type, encoding, value] = order.map((index) => fields[index]);
    const cells = [key ?? "", type ?? ""];
    if (encoding !== undefined) cells.push(encoding);
    onRow(line, cells, value);
  }
  if (order === undefined && problems.total === 0) {
    problems.add({ file }, `is empty; it needs the header "${COLUMNS.join(",")}"`);
  }
}
