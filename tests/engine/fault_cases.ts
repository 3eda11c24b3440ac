/**
 * Batches that are disturbed at each call.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { type ErrorCode, ERRORS } from "./call_faults.ts";
import type { FakeDisk } from "./fake_disk.ts";
import type { Abilities } from "./fake_files.ts";
import { batchArgs, MANIFEST, runOn, treeOf } from "./fake_run.ts";

/** A batch that is disturbed. */
export interface FaultCase {
  name: string;
  /** Options of the run that is disturbed. */
  options: readonly string[];
  /** Options of the run that goes on: `--resume` behind those of the first one, if absent. */
  resumeOptions?: readonly string[];
  /** Options that `verify` takes; those of the first run without `--resume` and the like if absent. */
  verifyOptions?: readonly string[];
  devices?: number;
  abilities?: Abilities;
  hasThreads?: boolean;
  /** Codes to try at each call; all of them if absent. */
  codes?: readonly ErrorCode[];
  /** Whether the promise includes power cuts. */
  survivesPowerCuts?: boolean;
  /** What is on the disk before. */
  prepare?(disk: FakeDisk): Promise<FakeDisk>;
  /** Key files, below `out`, that `--rekey` may put new ones in place of. */
  lostKeys?: readonly string[];
}

export const DEVICES = 5;
export const GROUP_DEVICES = 2;
export const SEED = 1;
const KEYGEN = ["--keygen"];
const FRESH_HMAC = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
export const HMAC_FILE = resolve("safe/hmac.bin");
const OUTSIDE = [...FRESH_HMAC, "--kp_hmac_keyfile", HMAC_FILE];
/** One code of each kind that the program tells apart. */
const SOME_CODES: readonly ErrorCode[] = ["ENOSPC", "EROFS", "EIO", "EMFILE"];

export const FAULT_CASES: readonly FaultCase[] = [
  { name: "plain", options: [], codes: SOME_CODES },
  { name: "fresh keys", options: KEYGEN },
  { name: "fresh HMAC keys", options: [...FRESH_HMAC, "--no-csv"], codes: SOME_CODES },
  {
    name: "derived keys",
    options: ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "hmac.bin"],
    codes: SOME_CODES,
  },
  {
    name: "an HMAC key outside the output folder",
    options: OUTSIDE,
    devices: 1,
  },
  {
    name: "a shard, the other one being done",
    options: [...KEYGEN, "--shard", "1/2"],
    codes: SOME_CODES,
    prepare: (disk) => afterRun(disk, [...KEYGEN, "--shard", "2/2"]),
    verifyOptions: KEYGEN,
  },
  {
    name: "some devices, the other ones being done",
    options: [...KEYGEN, "--only", "2,#5"],
    codes: SOME_CODES,
    prepare: (disk) => afterRun(disk, [...KEYGEN, "--only", "1,3,4"]),
    verifyOptions: KEYGEN,
  },
  {
    name: "two lanes",
    options: [...KEYGEN, "--no-csv", "--jobs", "2"],
    hasThreads: true,
    codes: SOME_CODES,
  },
  {
    name: "the resumption of a killed run",
    options: [...KEYGEN, "--resume"],
    codes: SOME_CODES,
    prepare: (disk) => afterKillAt(disk, KEYGEN, "link", "out/bin/Dev-3.bin"),
  },
  {
    name: "the resumption of a run that was killed between the two keys of a device",
    options: [...FRESH_HMAC, "--no-csv", "--resume"],
    codes: SOME_CODES,
    prepare: (disk) =>
      afterKillAt(disk, [...FRESH_HMAC, "--no-csv"], "link", "out/keys/keys-Dev-3.bin"),
  },
  {
    name: "the resumption with a torn row, damaged and lost files",
    options: [...FRESH_HMAC, "--resume"],
    codes: SOME_CODES,
    prepare: async (disk) => {
      const done = await afterRun(disk, FRESH_HMAC);
      done.delete(resolve("out/keys/keys-Dev-1.bin"));
      done.delete(resolve("out/csv/Dev-1.csv"));
      done.delete(resolve("out/bin/Dev-2.bin"));
      done.put(resolve("out/csv/Dev-3.csv"), new Uint8Array(10));
      done.put(resolve("out/bin/Dev-4.bin"), new Uint8Array(0x3000));
      const manifest = treeOf(done).get(MANIFEST)!;
      done.put(resolve(MANIFEST), manifest.slice(0, -40));
      return done;
    },
  },
  {
    name: "new keys for lost ones",
    options: [...FRESH_HMAC, "--no-csv", "--resume", "--rekey"],
    codes: SOME_CODES,
    prepare: async (disk) => {
      const done = await afterRun(disk, [...FRESH_HMAC, "--no-csv"]);
      done.delete(resolve("out/keys/hmac-keys-Dev-2.bin"));
      done.put(resolve("out/keys/hmac-keys-Dev-3.bin"), new Uint8Array(32));
      done.delete(resolve("out/keys/keys-Dev-5.bin"));
      return done;
    },
    lostKeys: [
      "keys/hmac-keys-Dev-2.bin",
      "keys/keys-Dev-2.bin",
      "keys/hmac-keys-Dev-3.bin",
      "keys/keys-Dev-3.bin",
    ],
  },
  {
    name: "no hard links",
    options: KEYGEN,
    abilities: { hasLinks: false },
    codes: SOME_CODES,
  },
  {
    name: "folders that cannot be synced",
    options: KEYGEN,
    abilities: { canSyncFolders: false },
    codes: SOME_CODES,
    survivesPowerCuts: false,
  },
];

export async function afterRun(disk: FakeDisk, options: readonly string[]): Promise<FakeDisk> {
  const { code, stderr } = await runOn(disk, batchArgs("generate", options), {
    seed: 1000,
    groupDevices: GROUP_DEVICES,
  });
  assertEquals([code, stderr], [0, ""]);
  return disk.settled();
}

/** The disk when a process was killed as it gave a file its name. */
async function afterKillAt(
  disk: FakeDisk,
  options: readonly string[],
  name: string,
  to: string,
): Promise<FakeDisk> {
  const run = { seed: 1000, groupDevices: GROUP_DEVICES };
  const args = batchArgs("generate", options);
  const { files } = await runOn(disk.copy(), args, run);
  const call = 1 + files.calls.findIndex((call) => call.name === name && call.to === to);
  assert(call > 0, to);
  await runOn(disk, args, { ...run, fault: { call, fault: { kind: "kill", torn: false } } });
  return disk.settled();
}

/** All faults that are an error of the system at a call. */
export function codesOf({ codes }: FaultCase): readonly ErrorCode[] {
  return codes ?? (Object.keys(ERRORS) as ErrorCode[]);
}
