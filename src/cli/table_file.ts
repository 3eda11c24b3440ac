/**
 * A partition table that the command line names, binary or CSV.
 *
 * @module
 */

import { hash } from "node:crypto";
import { PARTITION_TABLE_FILE } from "../files/user_file.ts";
import {
  DEFAULT_TABLE_OFFSET,
  inHex,
  type Partition,
  TABLE_SECTOR_SIZE,
} from "../flash/partition.ts";
import { beginsLikeTable, readPartitionTable } from "../flash/table_binary.ts";
import { CSV_COLUMN, parsePartitionCsv } from "../flash/table_csv.ts";
import { reportTextError } from "../input/faults.ts";
import { TextReader } from "../input/text_lines.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { Excerpt } from "../problems/excerpt.ts";
import type { Place, Problems } from "../problems/problems.ts";
import { UsageError } from "./exit_code.ts";
import { noTable, noTableFault } from "./file_kind.ts";
import { readInput } from "./key_options.ts";
import { faultText } from "./table_text.ts";

/** A table as it was read from a file. */
export interface TableFile {
  /** Path as the user gave it. */
  path: string;
  sizeBytes: number;
  /** In hex. */
  sha256: string;
  partitions: readonly Partition[];
  /** The lines of a CSV; none of a binary table. */
  texts: readonly string[];
  /** The line of each partition in a CSV, from 1; empty for a binary table. */
  lines: ReadonlyMap<Partition, number>;
}

/**
 * The value of `--partition-table-offset`, in bytes.
 *
 * @throws {UsageError} If it cannot be one.
 */
export function parseTableOffset(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TABLE_OFFSET;
  const isNumber = /^(\d+|0[xX][0-9a-fA-F]+)$/.test(text);
  const offset = isNumber ? Number(text) : NaN;
  if (offset >= TABLE_SECTOR_SIZE && offset < MAX_IMAGE_BYTES && offset % TABLE_SECTOR_SIZE === 0) {
    return offset;
  }
  throw new UsageError(
    `--partition-table-offset ${text} is no place of a table; write a multiple of 0x1000, like ${
      inHex(DEFAULT_TABLE_OFFSET)
    }`,
  );
}

/**
 * Reads a table, binary or CSV by what it begins with; `undefined` after a problem.
 *
 * @param tableOffset Where in the flash it stands, which counts for a CSV without offsets.
 */
export function readTableFile(
  files: FileReader,
  path: string,
  tableOffset: number,
  problems: Problems,
): TableFile | undefined {
  const bytes = readInput(files, path, PARTITION_TABLE_FILE, problems);
  if (bytes === undefined) return undefined;
  const file = { path, sizeBytes: bytes.length, sha256: hash("sha256", bytes, "hex") };
  const refuse = (message: string) => {
    problems.add({ file: path }, "partition-table", message);
    return undefined;
  };
  if (beginsLikeTable(bytes)) {
    const reading = readPartitionTable(bytes);
    if (reading.kind === "table") {
      return { ...file, partitions: reading.partitions, texts: [], lines: new Map() };
    }
    const fault = reading.kind === "damaged" ? `: ${faultText(reading.fault)}` : "";
    return refuse(`is a damaged partition table${fault}; give a whole one`);
  }
  const fault = noTableFault(bytes);
  if (fault !== undefined) return refuse(fault);
  const texts = textsOf(path, bytes, problems);
  if (texts === undefined) return undefined;
  const { partitions, lines, namesType, problems: found } = parsePartitionCsv(texts, tableOffset);
  // Another CSV, which may hold secrets: no cell of it is told.
  if (!namesType && found.some(({ line }) => line !== undefined)) return refuse(noTable(bytes));
  for (const { message, ...place } of found) {
    const excerpt = excerptOf(texts, place);
    problems.add({ file: path, ...place }, "partition-table", message, excerpt);
  }
  return found.length > 0 ? undefined : { ...file, partitions, texts, lines };
}

/** The lines of a text file; `undefined` after a problem, if it is none. */
function textsOf(path: string, bytes: Uint8Array, problems: Problems): string[] | undefined {
  const reader = new TextReader([bytes]);
  const texts: string[] = [];
  try {
    for (let line = reader.next(); line !== undefined; line = reader.next()) texts.push(line);
    return texts;
  } catch (error) {
    reportTextError(error, path, problems);
    return undefined;
  }
}

/** Where a table says something of a partition: of a binary table, the file alone. */
export function placeOfPartition(
  { path, lines }: TableFile,
  partition: Partition,
  column?: keyof typeof CSV_COLUMN,
): Place {
  const line = lines.get(partition);
  if (line === undefined) return { file: path };
  return { file: path, line, ...(column === undefined ? {} : { column: CSV_COLUMN[column] }) };
}

/** Makes the excerpt of a cell; `undefined` where no cell is meant. */
export function excerptOf(
  texts: readonly string[],
  { line, column }: Pick<Place, "line" | "column">,
): (() => Excerpt) | undefined {
  if (line === undefined || column === undefined) return undefined;
  const cells = (texts[line - 1] ?? "").split(",").map((cell) => cell.trim());
  return () => ({ cells, separator: ",", cellIndex: column - 1, hidden: new Map() });
}
