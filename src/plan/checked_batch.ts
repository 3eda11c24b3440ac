/**
 * What a batch is, as plain data: what the user asked for, and what the check
 * found out.
 *
 * @module
 */

import type { Schema } from "../input/schema.ts";
import type { KeySource } from "../keys/key_source.ts";
import type { FormatVersion } from "../nvs/constants.ts";
import type { Geometry } from "../nvs/placement.ts";
import type { Choice } from "./choice.ts";
import type { HashTableSnapshot } from "./hash_table.ts";
import type { PrefixNumber } from "./names.ts";
import type { CheckedValues } from "./values.ts";

/** What of a batch decides its devices. */
export interface DeviceSpec {
  prefix: string;
  prefixNumber?: PrefixNumber;
  /** Name of the column whose value ends each name; the device's number does by default. */
  fileIdColumn?: string;
  geometry: Geometry;
  /** Whether a partition table says that a partition of a read-only size is readonly. */
  isMarkedReadOnly?: boolean;
  formatVersion: FormatVersion;
}

/**
 * A batch as the user asked for it, options resolved and key files read, and
 * the devices of it that this process is about; it checks all of them. Plain data.
 */
export interface BatchSpec extends DeviceSpec, Choice {
  /** Path of the configuration CSV. */
  configuration: string;
  /** Path of the values CSV. */
  values: string;
  outdir: string;
  keySource: KeySource;
  /** Whether intermediate CSVs are written. */
  writeCsv: boolean;
  /** Where `<values>_created.csv` goes, when the configuration has a REPEAT; absent for nowhere. */
  createdCsv?: string;
  /** Names of the columns in which no value may occur twice. */
  uniqueColumns: readonly string[];
  /** Go on with what an interrupted run left. */
  resume: boolean;
  /** With `resume`: new keys for devices whose recorded keys are gone. */
  rekey: boolean;
}

/** All that later passes need to see the same devices again, as plain data. */
export interface CheckedBatch {
  spec: BatchSpec;
  schema: Schema;
  values: CheckedValues;
  /** Digests of the files that cells name. */
  cellFiles: HashTableSnapshot;
  batchId: string;
  /** Devices in the values file. */
  deviceCount: number;
}
