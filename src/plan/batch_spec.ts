import type { KeySource } from "../keys/key_source.ts";
import type { DeviceSpec } from "./devices.ts";
import type { Shard } from "./shard.ts";

/** A batch as the user asked for it, options resolved and key files read. Plain data. */
export interface BatchSpec extends DeviceSpec {
  /** Path of the configuration CSV. */
  configuration: string;
  /** Path of the values CSV. */
  values: string;
  outdir: string;
  keySource: KeySource;
  /** Whether intermediate CSVs, and `<values>_created.csv`, are written. */
  writeCsv: boolean;
  /** The part of the batch that this process writes; it checks all of it. */
  shard: Shard;
  /** Go on with what an interrupted run left. */
  resume: boolean;
  /** With `resume`: new keys for devices whose recorded keys are gone. */
  rekey: boolean;
}
