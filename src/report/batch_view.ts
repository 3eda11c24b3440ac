/**
 * A batch as the page for the quality file shows it: texts and numbers, no
 * value of a cell and no key.
 *
 * @module
 */

import type { Warning } from "../problems/warnings.ts";
import type { DeviceFailures } from "./device_failures.ts";

/** A file, as it was read. */
export interface HashedFile {
  /** Path as the user gave it. */
  path: string;
  sizeBytes: number;
  /** In hex. */
  sha256: string;
}

/** An input of a batch, and what it is: "Configuration". */
export interface InputView extends HashedFile {
  role: string;
}

/** An option as it was given; no values for a switch. */
export interface OptionView {
  name: string;
  values: readonly string[];
}

/** A device in the list. */
export interface DeviceView {
  /** Number in the values file, from 1. */
  number: number;
  fileId: string;
  /** Path of the image, relative to the output folder. */
  image: string;
  /** What the manifest records; absent if it has no row. */
  recorded?: { sizeBytes: number; sha256: string; isOfBatch: boolean };
}

/** What `generate` did. */
export interface MadeView {
  kind: "made";
  written: number;
  /** Devices that earlier runs had finished. */
  found: number;
  /** `<values>_created.csv`, if this run wrote it. */
  createdCsv?: string;
}

/** What `verify` found. */
export interface VerifiedView {
  kind: "verified";
  failures: DeviceFailures;
  /** Images that no row names; absent if nobody looked for them. */
  surplus?: readonly string[];
}

/** A batch, and what a run did with it. */
export interface BatchView {
  prefix: string;
  outdir: string;
  batchId: string;
  /** Version of the program. */
  version: string;
  /** When the run was done: date, time and distance from UTC. */
  time: string;
  outcome: MadeView | VerifiedView;
  inputs: readonly InputView[];
  cellFiles: { count: number; sha256: string };
  options: readonly OptionView[];
  /** Devices in the values file. */
  deviceCount: number;
  /** Devices that the run was about; how they were chosen; the first and the last name. */
  chosenCount: number;
  choice: string;
  chosenNames: readonly [first: string, last: string];
  /** Bytes of the partition. */
  partitionBytes: number;
  formatVersion: number;
  /** In words. */
  encryption: string;
  fullest: { image: string; usedEntries: number; totalEntries: number };
  notes: readonly string[];
  warnings: readonly Warning[];
  /** Absent if there is none. */
  manifest?: HashedFile;
  /** The first devices that are chosen. */
  devices: readonly DeviceView[];
}
