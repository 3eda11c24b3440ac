/**
 * What a flash plan is about: a chip, its partitions, what else is written, and
 * the keys that serve all devices.
 *
 * @module
 */

import { isAbsolute, relative } from "@std/path";
import { absolutePath } from "../files/absolute.ts";
import type { ChipName } from "../flash/chips.ts";
import type { FlashRange } from "../flash/flash_map.ts";
import type { Partition } from "../flash/partition.ts";

/** Forms of a plan. */
export const PLAN_FORMATS = ["esptool", "hex", "bin"] as const;
/** One of them: arguments for esptool, or a file for a programmer. */
export type PlanFormat = (typeof PLAN_FORMATS)[number];

/** What the eFuses of the boards say when they come to the line. */
export const FLASH_ENCRYPTIONS = ["off", "development", "release"] as const;

/** A file that goes to a place of the flash. */
export interface FlashFile extends FlashRange {
  /** From where the program runs. */
  path: string;
  sha256: string;
  /** Partition, or what else the place is called. */
  holds: string;
  /** Whether esptool has to let the chip encrypt it. */
  isEncrypted: boolean;
}

/** The files of an application that all devices get too. */
export interface MergedFiles {
  /** Options of `write-flash`, with their values. */
  options: readonly string[];
  files: readonly FlashFile[];
}

/** A key file that serves all devices. */
export interface GivenKey {
  path: string;
  sha256: string;
}

/** A flash plan as it was asked for. */
export interface FlashPlanSpec {
  manifest: string;
  chip: ChipName;
  format: PlanFormat;
  /** Folder of the plan, from which its commands are run. */
  outdir: string;
  isFlashEncrypted: boolean;
  partitions: readonly Partition[];
  /** Where the images go. */
  partition: Partition;
  /** Where key partitions go, if the table has a place for them. */
  keysPartition?: Partition;
  /** The eFuse block for HMAC keys. */
  hmacBlock?: number;
  merged: MergedFiles;
  givenKeys?: GivenKey;
  givenHmacKey?: GivenKey;
}

/** A path as files in the output folder name it: from there, with `/`. */
export function pathFrom(outdir: string, path: string, isWindows: boolean): string {
  const found = relative(absolutePath(outdir), absolutePath(path));
  // On another drive of Windows it stays absolute.
  const portable = isWindows ? found.replaceAll("\\", "/") : found;
  return isAbsolute(found) || !portable.startsWith("-") ? portable : `./${portable}`;
}
