/**
 * The options about flash dumps: which partition, by which table.
 *
 * @module
 */

import type { Partition } from "../flash/partition.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { Problems } from "../problems/problems.ts";
import type { RawArgs } from "./args.ts";
import { parseTableOffset, readTableFile } from "./table_file.ts";

/** What the options say of a flash dump. */
export interface DumpOptions {
  /** Those that were given: with one of them, a file is a dump. */
  given: readonly string[];
  /** Byte offset of the partition table in the dump. */
  tableOffset: number;
  /** The table that counts instead of the dump's; no partitions after a problem with its file. */
  table?: { partitions: readonly Partition[] | undefined; sha256: string | undefined };
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
  const table = tableFile === undefined
    ? undefined
    : readTableFile(files, tableFile, tableOffset, problems);
  return {
    given: NAMES.filter((name) => args.has(name)).map((name) => `--${name}`),
    tableOffset,
    ...(tableFile === undefined ? {} : {
      table: { partitions: table?.partitions, sha256: table?.sha256 },
    }),
    ...(label === undefined ? {} : { label }),
  };
}
