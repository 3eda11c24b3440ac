/**
 * The one table of options: parsing, help and completions come from it.
 *
 * @module
 */

import type { CommandName } from "./command_table.ts";
import type { Flag } from "./flag.ts";
import { FLASH_FLAGS } from "./flash_flags.ts";

export type { Flag };

const GENERATE = ["generate"] as const;
/** Commands that name the devices of a batch. */
const BATCH = ["generate", "verify"] as const;
/** Commands that encrypt an image. */
const ENCRYPT = ["generate", "verify", "image"] as const;
/** Commands that write keys. */
const KEYS = ["generate", "generate-key", "verify", "image"] as const;
const READ = ["inspect", "diff"] as const;
/** Commands that take the key of an image, and the dump of a whole flash for an image. */
const UNLOCK = [...READ, "edit", "decrypt"] as const;
/** Commands that find the key among others. */
const FIND = [...READ, "decrypt"] as const;
const REPORT = [
  "generate",
  "generate-key",
  "verify",
  "image",
  "edit",
  "decrypt",
  "flash-plan",
  "init",
] as const;

const CHECKED_TABLE = "partition table, binary or CSV: is checked, and size may be a name in it";
const TABLE_PLACE = "where the device has its partition table (default: 0x8000)";

/** All options, in the order in which help shows them. */
export const FLAGS = [
  {
    name: "prefix_num",
    values: ["START", "LENGTH"],
    help: "counter put into each name, LENGTH digits: Prefix-0009-id.bin",
    commands: BATCH,
  },
  {
    name: "fileid",
    values: ["KEY"],
    help: "column of the values file whose value ends each name (default: 1, 2, 3...)",
    commands: BATCH,
  },
  {
    name: "version",
    values: ["{1,2}"],
    help: "blob format: 1 keeps a blob in one page, 2 splits it (default: 2)",
    commands: ENCRYPT,
  },
  {
    name: "keygen",
    values: [],
    help: "encrypt, with fresh keys for each image in OUTDIR/keys",
    helpOf: {
      verify: "the images are encrypted, with keys in OUTDIR/keys",
      image: "encrypt, with fresh keys in OUTDIR/keys",
    },
    commands: ENCRYPT,
  },
  {
    name: "inputkey",
    values: ["FILE"],
    help: "encrypt all images with the keys of this key partition",
    helpOf: {
      verify: "the images are encrypted with the keys of this key partition",
      image: "encrypt the image with the keys of this key partition",
      "flash-plan": "the key partition of all devices, of a batch made with it",
    },
    commands: [...ENCRYPT, "flash-plan"],
  },
  {
    name: "outdir",
    values: ["DIR"],
    help: "folder for bin, csv, keys and the manifest (default: the current folder)",
    helpOf: {
      "generate-key": "folder for keys (default: the current folder)",
      verify: "folder that generate wrote (default: the current folder)",
      image: "folder for the image and for keys (default: the current folder)",
      "flash-plan": "folder of the plan, from which its commands are run",
    },
    commands: [...KEYS, "flash-plan"],
  },
  {
    name: "key_protect_hmac",
    values: [],
    help: "derive the keys from an HMAC key (eFuse scheme)",
    helpOf: { verify: "the keys are derived from an HMAC key (eFuse scheme)" },
    commands: KEYS,
  },
  {
    name: "kp_hmac_keygen",
    values: [],
    help: "make a fresh HMAC key",
    helpOf: {
      generate: "make a fresh HMAC key for each image",
      verify: "each image has an HMAC key of its own in OUTDIR/keys",
    },
    commands: KEYS,
  },
  {
    name: "kp_hmac_keyfile",
    values: ["FILE"],
    help: "name of the fresh HMAC key's file in OUTDIR/keys",
    helpOf: { verify: "name of the HMAC key's file in OUTDIR/keys" },
    commands: KEYS,
  },
  {
    name: "kp_hmac_inputkey",
    values: ["FILE"],
    help: "derive from this HMAC key of 32 bytes",
    helpOf: { "flash-plan": "the HMAC key of all devices, of a batch made with it" },
    commands: [...KEYS, "flash-plan"],
  },
  {
    name: "keyfile",
    values: ["FILE"],
    help: "name of the key partition in OUTDIR/keys (default: keys-MM-DD_HH-MM.bin)",
    commands: ["generate-key", "image"],
  },
  {
    name: "set",
    values: ["NS:KEY:ENC=VALUE"],
    help: "a value to store, by an encoding; @FILE takes it from a file; may be repeated",
    commands: ["edit"],
    isRepeatable: true,
  },
  {
    name: "unset",
    values: ["NS:KEY"],
    help: "a key to remove; may be repeated",
    commands: ["edit"],
    isRepeatable: true,
  },
  {
    name: "size",
    values: ["SIZE"],
    help: "bytes of the partition (default: of the image)",
    commands: ["edit"],
  },
  {
    name: "dry-run",
    values: [],
    help: "check everything, write nothing, print what would be written and how full it is",
    commands: GENERATE,
  },
  {
    name: "resume",
    values: [],
    help: "go on after an interruption; needs the same inputs and options",
    commands: GENERATE,
  },
  {
    name: "rekey",
    values: [],
    help:
      "with --resume: devices whose recorded keys are gone get new ones; the old files stay aside",
    commands: GENERATE,
  },
  {
    name: "shard",
    values: ["K/N"],
    help: "write every N-th device, starting at the K-th; all are checked",
    helpOf: { verify: "read every N-th device back, starting at the K-th" },
    commands: BATCH,
  },
  {
    name: "only",
    values: ["ID,..."],
    help: "just these devices, by file id or as #N, the N-th; all are checked; may be repeated",
    helpOf: { verify: "read just these devices back, by file id or as #N; may be repeated" },
    commands: BATCH,
    isRepeatable: true,
  },
  {
    name: "jobs",
    values: ["N"],
    help: "workers (default: chosen from the machine and the batch)",
    commands: GENERATE,
  },
  {
    name: "unique",
    values: ["KEY,..."],
    help: "columns in which no value may occur twice",
    commands: GENERATE,
  },
  {
    name: "strict",
    values: [],
    help: "warnings are errors: nothing is written",
    commands: GENERATE,
  },
  {
    name: "no-csv",
    values: [],
    help: "no intermediate CSVs: they hold the devices' secrets in clear",
    commands: GENERATE,
  },
  {
    name: "created-csv",
    values: ["PATH|none"],
    help: "where <values>_created.csv goes, or none (default: beside the values file)",
    commands: GENERATE,
  },
  {
    name: "report",
    values: ["FILE"],
    help: "write one HTML page about the batch, without values; --dry-run writes none",
    helpOf: { verify: "write one HTML page about the batch and what differs, without values" },
    commands: BATCH,
  },
  {
    name: "quiet",
    values: [],
    help: "no report and no progress; problems are still printed",
    commands: REPORT,
  },
  {
    name: "birth",
    values: ["MANIFEST"],
    help: "find the image that the device was born with, and tell what changed since",
    commands: ["diff"],
  },
  {
    name: "redact",
    values: [],
    help: "lengths and hashes of strings and blobs instead of their contents",
    commands: ["verify", "diff"],
  },
  {
    name: "key",
    values: ["FILE"],
    help: "key partition of an encrypted image",
    commands: UNLOCK,
  },
  {
    name: "hmac-key",
    values: ["FILE"],
    help: "HMAC key of an encrypted image",
    commands: UNLOCK,
  },
  {
    name: "keys",
    values: ["DIR"],
    help: "try all key files below this folder, and name the one that fits",
    helpOf: { diff: "try all key files below this folder on each image, and name what fits" },
    commands: FIND,
  },
  {
    name: "key-b",
    values: ["FILE"],
    help: "key partition of the second image, when it is another",
    commands: ["diff"],
  },
  {
    name: "hmac-key-b",
    values: ["FILE"],
    help: "HMAC key of the second image, when it is another",
    commands: ["diff"],
  },
  {
    name: "partition",
    values: ["NAME"],
    help: "the NVS partition to read from a flash dump (default: the only one)",
    helpOf: { "flash-plan": "the NVS partition that the images are for (default: the only one)" },
    commands: [...UNLOCK, "flash-plan"],
  },
  {
    name: "partition-table",
    values: ["FILE"],
    help: "partition table, binary or CSV, in place of the one in the flash dump",
    helpOf: {
      generate: CHECKED_TABLE,
      verify: CHECKED_TABLE,
      image: CHECKED_TABLE,
      "flash-plan": "partition table of the boards, binary or CSV",
    },
    commands: [...ENCRYPT, ...UNLOCK, "flash-plan"],
  },
  {
    name: "partition-table-offset",
    values: ["N"],
    help: "where the partition table is in the flash dump (default: 0x8000)",
    helpOf: {
      generate: TABLE_PLACE,
      verify: TABLE_PLACE,
      image: TABLE_PLACE,
      "flash-plan": "where the partition table is in the flash (default: 0x8000)",
    },
    commands: [...ENCRYPT, ...UNLOCK, "flash-plan"],
  },
  ...FLASH_FLAGS,
  {
    name: "csv",
    values: [],
    help: "an NVS CSV, which mfg_gen image turns back into an image with the same contents",
    commands: ["inspect"],
  },
  {
    name: "page-map",
    values: [],
    help: "a picture of each page's entries by what they hold",
    commands: ["inspect"],
  },
  {
    name: "html",
    values: ["FILE"],
    help: "write one self-contained page with map, table and findings",
    commands: ["inspect"],
  },
  {
    name: "all",
    values: [],
    help: "values in full, with page, entry and span, and erased entries",
    commands: ["inspect"],
  },
  {
    name: "json",
    values: [],
    help: "the report as one JSON document",
    commands: [...REPORT, ...READ, "explain"],
  },
  {
    name: "help",
    values: [],
    help: "this text",
    commands: [...REPORT, ...READ, "explain", "completions", "version"],
  },
  // Espressif's utility hides these and overwrites what they say.
  { name: "keyfile", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  { name: "input", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  { name: "output", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  // Options of generate that mean nothing to verify, which takes its whole command line.
  { name: "no-csv", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "created-csv", values: ["PATH|none"], help: "", commands: ["verify"], hidden: true },
  { name: "resume", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "rekey", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "dry-run", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "jobs", values: ["N"], help: "", commands: ["verify"], hidden: true },
  { name: "unique", values: ["KEY,..."], help: "", commands: ["verify"], hidden: true },
  { name: "strict", values: [], help: "", commands: ["verify"], hidden: true },
] as const satisfies readonly Flag[];

/** An option's name, as the table spells it. */
export type FlagName = (typeof FLAGS)[number]["name"];
/** An option that takes one value. */
export type ValueFlagName = Exclude<
  Extract<(typeof FLAGS)[number], { values: readonly [string] }>["name"],
  RepeatableFlagName
>;
/** Those that may be given several times, with a value each. */
export type RepeatableFlagName = Extract<(typeof FLAGS)[number], { isRepeatable: true }>["name"];
/** An option that takes several values. */
export type ValuesFlagName = Extract<
  (typeof FLAGS)[number],
  { values: readonly [string, string, ...string[]] }
>["name"];

/** A name with hyphens for underscores, as names are compared. */
export function canonical(name: string): string {
  return name.replaceAll("_", "-");
}

/** The options of a command, the hidden ones too. */
export function flagsOf(command: CommandName): Flag[] {
  const flags: readonly Flag[] = FLAGS;
  return flags.filter(({ commands }) => commands.includes(command));
}
