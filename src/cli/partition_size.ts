/**
 * The size of the images: in bytes, or by the name of a partition in a table,
 * which is then held against what NVS needs of it.
 *
 * @module
 */

import { KEY_PARTITION_SIZE } from "../crypto/key_partition.ts";
import { inHex, isNvsKeysPartition, isNvsPartition, type Partition } from "../flash/partition.ts";
import type { CSV_COLUMN } from "../flash/table_csv.ts";
import { didYouMean } from "../input/did_you_mean.ts";
import { MAX_IMAGE_BYTES, MIN_WRITABLE_SIZE } from "../nvs/constants.ts";
import { type Geometry, geometryOf } from "../nvs/placement.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import type { Warnings } from "../problems/warnings.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";
import {
  chooseNvsPartition,
  encryptedFlagFault,
  GIVE_TABLE,
  placementFault,
} from "./nvs_partition.ts";
import { isUsableSize, sizeHint } from "./size_hint.ts";
import {
  excerptOf,
  parseTableOffset,
  placeOfPartition,
  readTableFile,
  type TableFile,
} from "./table_file.ts";
import { listText } from "./table_text.ts";

/** What the positional `size` and the partition table come to. */
export interface ResolvedSize {
  geometry: Geometry;
  /** Whether the table marks the partition as `readonly`. */
  isMarkedReadOnly?: boolean;
  /** What the user should know, a sentence each. */
  notes: string[];
  /** Absent if none is given, or after a problem. */
  table?: TableFile;
}

/** Stands for a size that is not known for a problem: any content fits, so nothing more is said. */
const ANY_SIZE = geometryOf(MAX_IMAGE_BYTES);

/**
 * Resolves the positional `size`, and checks the table of `--partition-table`
 * for what the images need.
 *
 * @throws {UsageError} If the size is neither one in bytes nor one by name.
 */
export function resolveSize(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
  warnings: Warnings,
): ResolvedSize {
  const size = args.positional("size");
  const prefix = args.positional("prefix");
  const path = args.value("partition-table");
  if (path === undefined) {
    if (args.has("partition-table-offset")) {
      throw new UsageError(
        "--partition-table-offset is about the file of --partition-table; give that too",
      );
    }
    assertNotSwapped(prefix, size);
    return {
      geometry: parseSize(size, ", or a partition's name with --partition-table"),
      notes: [],
    };
  }
  const inBytes = numberOf(size) === undefined ? undefined : parseSize(size);
  const tableOffset = parseTableOffset(args.value("partition-table-offset"));
  const table = readTableFile(files, path, tableOffset, problems);
  if (table === undefined) return { geometry: inBytes ?? ANY_SIZE, notes: [] };
  const check = new TableCheck(table, problems, warnings);
  if (needsKeyPartition(args)) check.keyPartition();
  if (inBytes !== undefined) {
    const isMarkedReadOnly = check.sizeInBytes(size, inBytes);
    return { geometry: inBytes, isMarkedReadOnly, notes: [], table };
  }
  const labels = table.partitions.map(({ label }) => label);
  if (!labels.includes(size)) {
    assertNotSwapped(prefix, size);
    // Nobody calls a partition "12K".
    if (/^\d/.test(size) && didYouMean(size, labels) === "") parseSize(size);
  }
  return { ...check.sizeByName(size), table };
}

/** A size in bytes: decimal, or with 0x, 0o or 0b in front. */
export function parseSize(text: string, orElse = ""): Geometry {
  const sizeBytes = numberOf(text);
  if (sizeBytes === undefined) {
    const isName = /^[a-z_]/i.test(text) && !sizeHint(text, undefined).includes("?");
    throw new UsageError(
      `size "${text}" is not a number; ${sizeHint(text, undefined)}${isName ? orElse : ""}`,
    );
  }
  if (sizeBytes > MAX_IMAGE_BYTES) {
    throw new UsageError(`size ${text} is larger than any ESP32's flash; write bytes, like 0x3000`);
  }
  if (!isUsableSize(sizeBytes)) {
    throw new UsageError(
      `size ${text} is not a multiple of 4096 (0x1000); ${sizeHint(text, sizeBytes)}`,
    );
  }
  return geometryOf(sizeBytes);
}

function numberOf(text: string): number | undefined {
  const isNumber = /^(\d+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(text);
  return isNumber ? Number(text) : undefined;
}

/** Whoever writes the size in front of the prefix gets one message about both. */
function assertNotSwapped(prefix: string, size: string): void {
  const prefixBytes = numberOf(prefix);
  if (prefixBytes === undefined || !isUsableSize(prefixBytes) || /^\d/.test(size)) return;
  throw new UsageError(
    `prefix "${prefix}" is a size and size "${size}" is not a number; the prefix stands in front ` +
      `of the size: ${size} ${prefix}`,
  );
}

/** Whether the device reads the keys of the images from its flash: an HMAC key is in its eFuses. */
function needsKeyPartition(args: RawArgs): boolean {
  return (args.has("keygen") || args.has("inputkey")) && !args.has("key_protect_hmac");
}

/** What is wrong with a partition, by the cell that says it. */
interface PartitionFault {
  code: ProblemCode;
  column: keyof typeof CSV_COLUMN;
  message: string;
}

/** Holds a partition table against what the images need. */
class TableCheck {
  readonly #table: TableFile;
  readonly #problems: Problems;
  readonly #warnings: Warnings;

  constructor(table: TableFile, problems: Problems, warnings: Warnings) {
    this.#table = table;
    this.#problems = problems;
    this.#warnings = warnings;
  }

  /** The partition of that name. */
  sizeByName(label: string): ResolvedSize {
    const { path, partitions, lines } = this.#table;
    const partition = chooseNvsPartition(partitions, label, (message) => {
      // Its line is that of the name, if there is one.
      const line = lines.get(partitions.find((one) => one.label === label)!);
      const place = { file: path, ...(line === undefined ? {} : { line }) };
      this.#problems.add(place, "partition-choice", message);
    });
    if (partition === undefined) return { geometry: ANY_SIZE, notes: [] };
    const { sizeBytes, offset, readonly } = partition;
    for (const fault of this.#faultsOf(partition)) this.#add(partition, fault);
    const isReadOnly = readonly && sizeBytes >= MIN_WRITABLE_SIZE;
    return {
      geometry: isUsableSize(sizeBytes) ? geometryOf(sizeBytes) : ANY_SIZE,
      isMarkedReadOnly: readonly,
      notes: [
        `partition "${label}" of ${path} has ${inHex(sizeBytes)} bytes at ${inHex(offset)}` +
        (isReadOnly ? ", and is readonly: the device will not write to it" : ""),
      ],
    };
  }

  /** The partition is one of those that have the size. Returns whether all of them are readonly. */
  sizeInBytes(text: string, { sizeBytes }: Geometry): boolean {
    const { path, partitions } = this.#table;
    if (partitions.some(({ label }) => label === text)) {
      throw new UsageError(
        `size ${text} is a number, and the name of a partition in ${path} too; ` +
          "write the number in another way, like 0x3000 for 12288, or rename the partition",
      );
    }
    const all = partitions.filter(isNvsPartition);
    const candidates = all.filter((partition) => partition.sizeBytes === sizeBytes);
    if (candidates.length === 0) {
      const others = all.length === 0
        ? GIVE_TABLE
        : `NVS partitions are ${listText(all)}: write the name of one as the size`;
      const message = `has no NVS partition of ${inHex(sizeBytes)} bytes; ${others}`;
      this.#warnings.add("partition-size", { file: path }, message);
      return false;
    }
    const faults = candidates.map((partition) => this.#faultsOf(partition));
    const isReadOnly = candidates.every(({ readonly }) => readonly);
    if (faults.some((found) => found.length === 0)) return isReadOnly;
    for (const [index, found] of faults.entries()) {
      for (const fault of found) this.#add(candidates[index]!, fault);
    }
    return isReadOnly;
  }

  /** The device has to find the keys in its flash. */
  keyPartition(): void {
    const { path, partitions } = this.#table;
    const all = partitions.filter(isNvsKeysPartition);
    const [first] = all;
    if (first === undefined) {
      this.#problems.add(
        { file: path },
        "key-partition",
        "has no partition for the keys (type data, subtype nvs_keys), without which a device " +
          `reads no encrypted image; add one of ${inHex(KEY_PARTITION_SIZE)} bytes with the flag ` +
          "encrypted, or give --key_protect_hmac if the keys come from an HMAC key",
      );
      return;
    }
    const fitting = all.filter(({ sizeBytes }) => sizeBytes >= KEY_PARTITION_SIZE);
    const [fit] = fitting;
    if (fit === undefined) {
      this.#add(first, {
        code: "key-partition",
        column: "size",
        message: `partition "${first.label}" for the keys has ${inHex(first.sizeBytes)} bytes; ` +
          `keys take ${inHex(KEY_PARTITION_SIZE)}`,
      });
      return;
    }
    if (fitting.some(({ encrypted }) => encrypted)) return;
    this.#warnings.add(
      "key-partition-flag",
      placeOfPartition(this.#table, fit, "flags"),
      `partition "${fit.label}" for the keys has no flag encrypted, so flash encryption leaves ` +
        "them in clear; give it the flag",
    );
  }

  #faultsOf(partition: Partition): PartitionFault[] {
    const { label, sizeBytes, encrypted, readonly } = partition;
    const faults: PartitionFault[] = [];
    const placement = placementFault(partition, this.#table.partitions);
    if (placement !== undefined) {
      const message = `partition "${label}" ${placement}; mend the table`;
      faults.push({ code: "partition-table", column: "size", message });
    } else if (sizeBytes > MAX_IMAGE_BYTES) {
      const message = `partition "${label}" has ${inHex(sizeBytes)} bytes, and NVS at most ` +
        `${inHex(MAX_IMAGE_BYTES)}; mend the table`;
      faults.push({ code: "partition-table", column: "size", message });
    }
    if (encrypted) {
      faults.push({
        code: "partition-flag",
        column: "flags",
        message: encryptedFlagFault(partition),
      });
    }
    if (sizeBytes < MIN_WRITABLE_SIZE && !readonly) {
      faults.push({
        code: "partition-flag",
        column: "flags",
        message: `partition "${label}" has ${inHex(sizeBytes)} bytes, which NVS can only read; ` +
          `give it the flag readonly, or ${inHex(MIN_WRITABLE_SIZE)} bytes`,
      });
    }
    return faults;
  }

  #add(partition: Partition, { code, column, message }: PartitionFault): void {
    const place = placeOfPartition(this.#table, partition, column);
    this.#problems.add(place, code, message, excerptOf(this.#table.texts, place));
  }
}
