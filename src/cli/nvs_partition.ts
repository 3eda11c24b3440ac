/**
 * The NVS partition of a table that is meant, by its name or because there is
 * no other.
 *
 * @module
 */

import { isNvsPartition, kindText, overlapping, type Partition } from "../flash/partition.ts";
import { didYouMean } from "../input/did_you_mean.ts";
import { PAGE_SIZE } from "../nvs/constants.ts";
import { listText } from "./table_text.ts";

export const GIVE_TABLE = "give the right one with --partition-table FILE";

/**
 * Finds the NVS partition of that name, or the only one.
 *
 * @param fail Takes what is wrong, and what would be right, if there is none or are several.
 */
export function chooseNvsPartition(
  partitions: readonly Partition[],
  label: string | undefined,
  fail: (message: string) => void,
): Partition | undefined {
  const candidates = partitions.filter(isNvsPartition);
  const chosen = label === undefined
    ? candidates
    : candidates.filter((partition) => partition.label === label);
  const [partition] = chosen;
  if (partition === undefined) {
    fail(
      label === undefined
        ? "has no NVS partition in its table (type data, subtype nvs); " + GIVE_TABLE
        : notChosenText(partitions, candidates, label),
    );
    return undefined;
  }
  if (chosen.length === 1) return partition;
  fail(
    label === undefined
      ? `has ${chosen.length} NVS partitions; choose one with --partition NAME: ${listText(chosen)}`
      : `has ${chosen.length} NVS partitions "${label}": ${listText(chosen)}; ${GIVE_TABLE}`,
  );
  return undefined;
}

function notChosenText(
  partitions: readonly Partition[],
  candidates: readonly Partition[],
  label: string,
): string {
  const other = partitions.find((partition) => partition.label === label);
  const fault = other === undefined
    ? `has no partition "${label}"`
    : `partition "${label}" is ${kindText(other)}, not data/nvs`;
  if (candidates.length === 0) return `${fault}, and no NVS partition in its table; ${GIVE_TABLE}`;
  const guess = didYouMean(label, candidates.map(({ label }) => label));
  return `${fault}${guess || ";"} NVS partitions are ${listText(candidates)}`;
}

/** What is wrong with an NVS partition that has the flag `encrypted`. */
export function encryptedFlagFault({ label }: Partition): string {
  return `partition "${label}" has the flag encrypted, which is for flash encryption, and NVS ` +
    "does not start on it (ESP_ERR_NVS_WRONG_ENCRYPTION); leave the flag out: NVS encrypts its " +
    "entries itself, with --keygen or --inputkey";
}

/** Says what keeps a partition from holding NVS, whatever is in it; `undefined` if nothing does. */
export function placementFault(
  partition: Partition,
  partitions: readonly Partition[],
): string | undefined {
  const { sizeBytes } = partition;
  if (sizeBytes === 0 || sizeBytes % PAGE_SIZE !== 0) {
    return `has ${sizeBytes} bytes, and NVS a multiple of ${PAGE_SIZE}`;
  }
  const others = overlapping(partition, partitions);
  return others.length === 0
    ? undefined
    : `(${listText([partition])}) overlaps ${listText(others)}`;
}
