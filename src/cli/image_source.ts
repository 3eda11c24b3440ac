/**
 * The NVS image in a file: all of it, or one partition of a flash dump.
 *
 * @module
 */

import { type FlashEvidence, flashEvidence, isDump, mayBeImage } from "../flash/dump.ts";
import { endOf, inHex, type Partition } from "../flash/partition.ts";
import type { NoTable } from "../flash/table_binary.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import type { DumpOptions } from "./dump_options.ts";
import { noImageFault } from "./file_kind.ts";
import { chooseNvsPartition, GIVE_TABLE, placementFault } from "./nvs_partition.ts";
import { faultText } from "./table_text.ts";

/** An image, still encrypted if it is. */
export interface ImageSource {
  bytes: Uint8Array;
  /** Where in a dump it was; absent if the file is the image. */
  partition?: Partition;
}

const READ_ALL = "read the whole flash (esptool read-flash 0 ALL FILE)";

/**
 * Finds the image in a file. What keeps it from being found goes to `problems`.
 *
 * @param isEither Whether the options about dumps may be meant for another file: then one that is
 * an image stays one.
 */
export function imageSource(
  file: string,
  bytes: Uint8Array,
  options: DumpOptions,
  problems: Problems,
  isEither = false,
): ImageSource | undefined {
  const other = noImageFault(bytes, options.given.length > 0);
  if (other !== undefined) {
    problems.add({ file }, "not-an-image", other);
    return undefined;
  }
  const evidence = flashEvidence(bytes, options.tableOffset);
  const isAsked = options.given.length > 0 && !(isEither && mayBeImage(evidence));
  if (!isAsked && !isDump(evidence)) return { bytes };
  const fail: Fail = (code, message) => problems.add({ file }, code, message);
  const partitions = tableOf(bytes, options, evidence, fail);
  const partition = partitions && choosePartition(partitions, options.label, fail);
  if (partition === undefined) return undefined;
  const { offset, sizeBytes } = partition;
  if (endOf(partition) > bytes.length) {
    fail(
      "dump-cut-short",
      `ends at ${inHex(bytes.length)}, but partition "${partition.label}" has ` +
        `${inHex(sizeBytes)} bytes at ${inHex(offset)}, up to ${
          inHex(endOf(partition))
        }; ${READ_ALL}`,
    );
    return undefined;
  }
  return { bytes: bytes.subarray(offset, endOf(partition)), partition };
}

type Fail = (code: ProblemCode, message: string) => void;

/** The partitions by the table that counts; `undefined` after a problem. */
function tableOf(
  bytes: Uint8Array,
  { table, tableOffset, given }: DumpOptions,
  { table: stored, hasNvsPage, hasBootloader }: FlashEvidence,
  fail: Fail,
): readonly Partition[] | undefined {
  if (table !== undefined) return table.partitions;
  const place = inHex(tableOffset);
  switch (stored.kind) {
    case "table":
      return stored.partitions;
    case "damaged":
      if (stored.fault.rule === "cut-short") {
        fail(
          "dump-cut-short",
          `ends at ${inHex(bytes.length)}, within its partition table at ${place}; ${READ_ALL}`,
        );
      } else {
        fail(
          "partition-table",
          `its partition table at ${place} is damaged: ${faultText(stored.fault)}; ${GIVE_TABLE}`,
        );
      }
      return undefined;
    case "absent":
      if (hasNvsPage) {
        fail(
          "option-not-for-image",
          `is an image, as it begins with pages of NVS, and has no partition table at ${place}; ` +
            `leave out ${given.join(" and ")}`,
        );
      } else {
        // With a bootloader in clear there is no flash encryption.
        const isOther = stored.instead === "noise" && hasBootloader;
        fail(
          "partition-table",
          noTableText(isOther ? "other" : stored.instead, place, bytes.length),
        );
      }
      return undefined;
    default:
      throw new TypeError(`Cannot take partitions from "${stored satisfies never}"`);
  }
}

function noTableText(instead: NoTable, place: string, sizeBytes: number): string {
  const giveEither =
    "give its place with --partition-table-offset N, or the table with --partition-table FILE";
  switch (instead) {
    case "nothing":
      return `ends at ${
        inHex(sizeBytes)
      }, in front of its partition table at ${place}; ${READ_ALL}`;
    case "erased":
      return `has no partition table at ${place}, where it is erased; ${giveEither}`;
    case "other":
      return `has no partition table at ${place}, where something else is; ${giveEither}`;
    case "noise":
      return `has no readable partition table at ${place}: flash encryption seems to hide it; ` +
        "give the table with --partition-table FILE (NVS partitions are not under flash " +
        "encryption), or let the device itself read it";
    default:
      throw new TypeError(`Cannot tell of "${instead satisfies never}"`);
  }
}

/** The NVS partition that is meant; `undefined` after a problem. */
export function choosePartition(
  partitions: readonly Partition[],
  label: string | undefined,
  fail: Fail,
): Partition | undefined {
  const partition = chooseNvsPartition(
    partitions,
    label,
    (message) => fail("partition-choice", message),
  );
  const fault = partition && placementFault(partition, partitions);
  if (partition === undefined || fault === undefined) return partition;
  fail(
    "partition-table",
    `its partition table is wrong: partition "${partition.label}" ${fault}; ${GIVE_TABLE}`,
  );
  return undefined;
}
