/**
 * The `flash_args` of an ESP-IDF build: options of `write-flash`, then a line of
 * offset and path for each file; paths are relative to that file.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { assertUserFile, readUserFile, UserFileError } from "../files/user_file.ts";
import { ArgumentsError, splitArguments } from "../flash/args_file.ts";
import { isUnderFlashEncryption, placeAt } from "../flash/flash_map.ts";
import {
  endOf,
  inHex,
  isNvsPartition,
  MAX_FLASH_BYTES,
  type Partition,
} from "../flash/partition.ts";
import { beginsLikeTable, readPartitionTable } from "../flash/table_binary.ts";
import { pathBelow } from "../plan/names.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { Problems } from "../problems/problems.ts";
import type { FlashFile, MergedFiles } from "./spec.ts";

const FLASH_ARGS_FILE = { maxBytes: 64 * 1024, wanted: "build/flash_args of ESP-IDF" };
const FIRMWARE_FILE = { maxBytes: 128 * 1024 * 1024, wanted: "a file of the build" };
const RIGHT = "give build/flash_args of ESP-IDF as the build wrote it";

/** Options that go over into a plan, in any spelling of esptool 4 and 5. */
const OPTIONS: Readonly<Record<string, string>> = {
  "--flash-mode": "--flash-mode",
  "-fm": "--flash-mode",
  "--flash-freq": "--flash-freq",
  "-ff": "--flash-freq",
  "--flash-size": "--flash-size",
  "-fs": "--flash-size",
};

const LIKE_OFFSET = /^(?:0[xX][\da-fA-F]{1,9}|\d{1,9})$/;
const LIKE_OPTION = /^--?[a-z]{1,12}(?:[-_][a-z]{1,12}){0,3}$/;

/** The table that the files have to fit, and whether flash encryption is on. */
export interface FlashArgsPlace {
  partitions: readonly Partition[];
  tableOffset: number;
  isFlashEncrypted: boolean;
}

/** Reads the files that a build flashes; what is wrong goes to `problems`. */
export function readFlashArgs(
  files: FileReader,
  path: string,
  place: FlashArgsPlace,
  problems: Problems,
): MergedFiles {
  const options: string[] = [];
  const merged: FlashFile[] = [];
  const words = wordsOf(files, path, problems);
  while (words[0]?.startsWith("-")) {
    const word = words.shift()!;
    const option = OPTIONS[word.startsWith("--") ? word.replaceAll("_", "-") : word];
    const value = words.shift();
    if (option !== undefined && value !== undefined) options.push(option, value);
    else {
      const reason = option === undefined ? "is none that a plan takes over" : "has no value";
      const named = LIKE_OPTION.test(word) ? `its option ${word}` : "an option of it";
      problems.add({ file: path }, "flash-args", `${named} ${reason}; ${RIGHT}`);
      return { options, files: merged };
    }
  }
  while (words.length > 0) {
    const [offset, name] = [words.shift()!, words.shift()];
    const isOffset = /^(\d+|0[xX][\da-fA-F]+)$/.test(offset) && Number(offset) < MAX_FLASH_BYTES;
    if (!isOffset || name === undefined) {
      // Another file may hold a secret: only what looks like an offset is repeated.
      const shown = LIKE_OFFSET.test(offset) ? `"${offset}"` : "a word of it";
      const what = isOffset ? `offset ${offset} has no file` : `${shown} is no offset`;
      problems.add({ file: path }, "flash-args", `${what}; ${RIGHT}`);
      return { options, files: merged };
    }
    const file = mergedFile(files, pathBelow(dirname(path), name), Number(offset), place, problems);
    if (file !== undefined) merged.push(file);
  }
  return { options, files: merged };
}

function wordsOf(files: FileReader, path: string, problems: Problems): string[] {
  try {
    const bytes = readUserFile(files, path, FLASH_ARGS_FILE);
    const words = splitArguments(new TextDecoder().decode(bytes));
    if (words.length === 0) problems.add({ file: path }, "flash-args", `is empty; ${RIGHT}`);
    return words;
  } catch (error) {
    if (error instanceof UserFileError) problems.add({ file: path }, error.code, error.message);
    else if (error instanceof ArgumentsError) {
      problems.add({ file: path }, "flash-args", `a line of it ${error.message}; ${RIGHT}`);
    } else throw error;
    return [];
  }
}

function mergedFile(
  files: FileReader,
  path: string,
  offset: number,
  { partitions, tableOffset, isFlashEncrypted }: FlashArgsPlace,
  problems: Problems,
): FlashFile | undefined {
  let sizeBytes = 0;
  const hash = createHash("sha256");
  const start: Uint8Array[] = [];
  try {
    assertUserFile(files, path, FIRMWARE_FILE);
    for (const chunk of files.readChunks(path)) {
      if (sizeBytes === 0) start.push(chunk.slice(0, 0x1000));
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    if (!(error instanceof UserFileError)) throw error;
    problems.add({ file: path }, error.code, error.message);
    return undefined;
  }
  const place = placeAt(offset, partitions, tableOffset);
  const partition = place.kind === "partition" ? place.partition : undefined;
  if (place.kind === "nowhere") {
    problems.add(
      { file: path },
      "flash-overlap",
      `goes to ${inHex(offset)}, where the partition table has nothing; give the table of the ` +
        "same build",
    );
  } else if (partition !== undefined && offset + sizeBytes > endOf(partition)) {
    problems.add(
      { file: path },
      "flash-overlap",
      `has ${inHex(sizeBytes)} bytes at ${
        inHex(offset)
      }, but partition "${partition.label}" ends ` +
        `at ${inHex(endOf(partition))}; give the table of the same build`,
    );
  }
  if (start[0] !== undefined && beginsLikeTable(start[0])) {
    const fault = otherTableFault(start[0], partitions);
    if (fault !== undefined) problems.add({ file: path }, "partition-table", fault);
  }
  return {
    offset,
    sizeBytes,
    path,
    sha256: hash.digest("hex"),
    holds: partition?.label ?? (place.kind === "bootloader" ? "bootloader" : "partition table"),
    isEncrypted: isFlashEncrypted &&
      (partition === undefined || isUnderFlashEncryption(partition)),
  };
}

/** The boards would look for their NVS elsewhere than it is written. */
function otherTableFault(bytes: Uint8Array, partitions: readonly Partition[]): string | undefined {
  const reading = readPartitionTable(bytes);
  if (reading.kind !== "table") return undefined; // a signature, or damage that the boards will meet
  const same = (one: Partition) =>
    reading.partitions.some(({ label, offset, sizeBytes }) =>
      label === one.label && offset === one.offset && sizeBytes === one.sizeBytes
    );
  const other = partitions.filter(isNvsPartition).find((one) => !same(one));
  return other &&
    `is a partition table without "${other.label}" at ${inHex(other.offset)}, which ` +
      "--partition-table has; give both of the same build";
}
