/**
 * What a flash plan is about: a chip, its partitions, what else is written, and
 * the keys that serve all devices.
 *
 * @module
 */

import { isAbsolute, relative } from "@std/path";
import { absolutePath } from "../files/absolute.ts";
import type { FlashKey } from "../crypto/flash_encryption.ts";
import type { ChipName } from "../flash/chips.ts";
import type { FlashRange } from "../flash/flash_map.ts";
import type { Partition } from "../flash/partition.ts";

/** Forms of a plan. */
export const PLAN_FORMATS = ["esptool", "hex", "bin"] as const;
/** One of them: arguments for esptool, or a file for a programmer. */
export type PlanFormat = (typeof PLAN_FORMATS)[number];

/** What the eFuses of the boards say when they come to the line. */
export const FLASH_ENCRYPTIONS = ["off", "development", "release"] as const;
/** One of them. */
export type FlashEncryption = (typeof FLASH_ENCRYPTIONS)[number];

/** A file that goes to a place of the flash. */
export interface FlashFile extends FlashRange {
  /** From where the program runs. */
  path: string;
  sha256: string;
  /** Partition, or what else the place is called. */
  holds: string;
  /** Whether esptool has to let the chip encrypt it. */
  isEncrypted: boolean;
  /** What is written in place of the file's bytes: the same, encrypted before. */
  content?: Uint8Array;
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
  flashEncryption: FlashEncryption;
  partitions: readonly Partition[];
  /** Where the images go. */
  partition: Partition;
  /** Where key partitions go, if the table has a place for them. */
  keysPartition?: Partition;
  /** The eFuse block for HMAC keys. */
  hmacBlock?: number;
  merged: MergedFiles;
  /**
   * The flash encryption key of a device by its name, where key partitions are to
   * be encrypted before they are written; `undefined` after a problem.
   */
  flashKeyOf?: (name: string) => FlashKey | undefined;
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
