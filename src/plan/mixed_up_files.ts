/**
 * The configuration and the values in each other's place: told by their first
 * rows, in one message that names nothing of what is in them.
 *
 * @module
 */

import { absolutePath } from "../files/absolute.ts";
import { csvRecords } from "../input/csv_records.ts";
import { isSchemaRow, isSchemaStart } from "../input/schema.ts";
import { SeparatorFinder } from "../input/separator.ts";
import { TextError, TextReader } from "../input/text_lines.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { BatchSpec } from "./checked_batch.ts";

/** The inputs of a batch. */
type Inputs = Pick<BatchSpec, "configuration" | "values">;

const MAX_ROWS = 20;

/** Says that one file was given as both inputs; `undefined` if there are two. */
export function sameFileFault(
  files: FileReader,
  { configuration, values }: Inputs,
): string | undefined {
  const isOne = absolutePath(configuration) === absolutePath(values);
  if (!isOne || files.statOf(configuration)?.kind !== "file") return undefined;
  return "is given as the configuration and as the values; they are two files: the keys with " +
    "their types, and a row of values for each device";
}

/** Says that the inputs are swapped, once something is wrong with the configuration. */
export function swappedFault(
  files: FileReader,
  { configuration, values }: Inputs,
): string | undefined {
  const given = firstRows(files, configuration);
  if (given.length === 0 || given.some(isSchemaStart)) return undefined;
  const [start, next] = firstRows(files, values);
  if (start === undefined || !isSchemaStart(start)) return undefined;
  if (next !== undefined && !isSchemaRow(next)) return undefined;
  return `has no namespace row, and "${values}" begins with one: the two are swapped; the ` +
    `configuration comes first: "${values}" "${configuration}"`;
}

/** The cells of the first rows; none if it is no file, or no text. */
function firstRows(files: FileReader, path: string): string[][] {
  if (files.statOf(path)?.kind !== "file") return [];
  const rows: string[][] = [];
  try {
    const text = new TextReader(files.readChunks(path));
    const separator = new SeparatorFinder(isSchemaStart);
    for (const { fields } of csvRecords(text, { comments: true, separator }, () => {})) {
      if (fields.some((field) => field.trim() !== "")) rows.push(fields);
      if (rows.length === MAX_ROWS) break;
    }
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
  }
  return rows;
}
