/**
 * The options about flash dumps: which partition, by which table.
 *
 * @module
 */

import { PARTITION_TABLE_FILE } from "../files/user_file.ts";
import {
  DEFAULT_TABLE_OFFSET,
  inHex,
  type Partition,
  TABLE_SECTOR_SIZE,
} from "../flash/partition.ts";
import { beginsLikeTable, readPartitionTable } from "../flash/table_binary.ts";
import { parsePartitionCsv } from "../flash/table_csv.ts";
import type { Problems } from "../problems/problems.ts";
import { reportTextError } from "../input/faults.ts";
import { TextReader } from "../input/text_lines.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";
import { readInput } from "./key_options.ts";
import { faultText } from "./table_text.ts";

/** What the options say of a flash dump. */
export interface DumpOptions {
  /** Those that were given: with one of them, a file is a dump. */
  given: readonly string[];
  /** Byte offset of the partition table in the dump. */
  tableOffset: number;
  /** The table that counts instead of the dump's; no partitions after a problem with its file. */
  table?: { partitions: readonly Partition[] | undefined };
  /** Label of the partition to read. */
  label?: string;
}

const NAMES = ["partition", "partition-table", "partition-table-offset"] as const;

/**
 * Reads the options about dumps; what is wrong with a table's file goes to `problems`.
 *
 * @throws {UsageError} If the offset cannot be one.
 */
export function readDumpOptions(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
): DumpOptions {
  const tableOffset = parseTableOffset(args.value("partition-table-offset"));
  const tableFile = args.value("partition-table");
  const label = args.value("partition");
  return {
    given: NAMES.filter((name) => args.has(name)).map((name) => `--${name}`),
    tableOffset,
    ...(tableFile === undefined
      ? {}
      : { table: { partitions: readTableFile(files, tableFile, tableOffset, problems) } }),
    ...(label === undefined ? {} : { label }),
  };
}

function parseTableOffset(text: string | undefined): number {
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

/** Reads a table from a file, binary or CSV by what it begins with. */
function readTableFile(
  files: FileReader,
  file: string,
  tableOffset: number,
  problems: Problems,
): readonly Partition[] | undefined {
  const bytes = readInput(files, file, PARTITION_TABLE_FILE, problems);
  if (bytes === undefined) return undefined;
  if (beginsLikeTable(bytes)) {
    const reading = readPartitionTable(bytes);
    if (reading.kind === "table") return reading.partitions;
    const fault = reading.kind === "damaged" ? `: ${faultText(reading.fault)}` : "";
    problems.add(
      { file },
      "partition-table",
      `is a damaged partition table${fault}; give a whole one`,
    );
    return undefined;
  }
  if (bytes.includes(0) || bytes.every((byte) => byte === 0xFF)) {
    problems.add(
      { file },
      "partition-table",
      "is no partition table; give the binary one of the build, or its CSV",
    );
    return undefined;
  }
  const problemsBefore = problems.total;
  const { partitions, problems: found } = parsePartitionCsv(
    linesOf(file, bytes, problems),
    tableOffset,
  );
  if (problems.total > problemsBefore) return undefined;
  for (const { message, ...place } of found) {
    problems.add({ file, ...place }, "partition-table", message);
  }
  return found.length > 0 ? undefined : partitions;
}

/** The lines of a text file; what is no text goes to `problems`, and ends them. */
function* linesOf(file: string, bytes: Uint8Array, problems: Problems): Generator<string> {
  const reader = new TextReader([bytes]);
  try {
    for (let line = reader.next(); line !== undefined; line = reader.next()) yield line;
  } catch (error) {
    reportTextError(error, file, problems);
  }
}
