/**
 * The one table of commands and flags: parsing, help and completions come
 * from it.
 *
 * @module
 */

/** Commands of the program. */
export type CommandName = "generate" | "generate-key" | "version";

/** An option, by its name in Espressif's spelling. */
export interface Flag {
  name: string;
  /** Placeholders of its values; none for a switch. */
  values: readonly string[];
  help: string;
  commands: readonly CommandName[];
  /** Accepted for scripts that give it, and not shown. */
  hidden?: boolean;
}

const GENERATE = ["generate"] as const;
const KEYS = ["generate", "generate-key"] as const;

/** All options, in the order in which help shows them. */
export const FLAGS: readonly Flag[] = [
  {
    name: "prefix_num",
    values: ["START", "LENGTH"],
    help: "counter put into each name, LENGTH digits: Prefix-0009-id.bin",
    commands: GENERATE,
  },
  {
    name: "fileid",
    values: ["KEY"],
    help: "column of the values file whose value ends each name (default: 1, 2, 3…)",
    commands: GENERATE,
  },
  {
    name: "version",
    values: ["{1,2}"],
    help: "blob format: 1 keeps a blob in one page, 2 splits it (default: 2)",
    commands: GENERATE,
  },
  {
    name: "keygen",
    values: [],
    help: "encrypt, with fresh keys for each image in OUTDIR/keys",
    commands: GENERATE,
  },
  {
    name: "inputkey",
    values: ["FILE"],
    help: "encrypt all images with the keys of this key partition",
    commands: GENERATE,
  },
  {
    name: "outdir",
    values: ["DIR"],
    help: "folder for bin, csv, keys and the manifest (default: the current folder)",
    commands: KEYS,
  },
  {
    name: "key_protect_hmac",
    values: [],
    help: "derive the keys from an HMAC key (eFuse scheme)",
    commands: KEYS,
  },
  {
    name: "kp_hmac_keygen",
    values: [],
    help: "make a fresh HMAC key",
    commands: KEYS,
  },
  {
    name: "kp_hmac_keyfile",
    values: ["FILE"],
    help: "name of the fresh HMAC key's file in OUTDIR/keys",
    commands: KEYS,
  },
  {
    name: "kp_hmac_inputkey",
    values: ["FILE"],
    help: "derive from this HMAC key of 32 bytes",
    commands: KEYS,
  },
  {
    name: "keyfile",
    values: ["FILE"],
    help: "name of the key partition in OUTDIR/keys (default: keys-MM-DD_HH-MM.bin)",
    commands: ["generate-key"],
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
    name: "shard",
    values: ["K/N"],
    help: "write every N-th device, starting at the K-th; all are checked",
    commands: GENERATE,
  },
  {
    name: "jobs",
    values: ["N"],
    help: "workers (default: chosen from the machine and the batch)",
    commands: GENERATE,
  },
  {
    name: "no-csv",
    values: [],
    help: "no intermediate CSVs: they hold the devices' secrets in clear",
    commands: GENERATE,
  },
  {
    name: "quiet",
    values: [],
    help: "no report and no progress; problems are still printed",
    commands: KEYS,
  },
  { name: "json", values: [], help: "the report as one JSON document", commands: KEYS },
  { name: "help", values: [], help: "this text", commands: [...KEYS, "version"] },
  // Espressif's utility hides these and overwrites what they say.
  { name: "keyfile", values: ["FILE"], help: "", commands: GENERATE, hidden: true },
  { name: "input", values: ["FILE"], help: "", commands: GENERATE, hidden: true },
  { name: "output", values: ["FILE"], help: "", commands: GENERATE, hidden: true },
];

/** A command with its positional arguments. */
export interface Command {
  name: CommandName;
  positionals: readonly { name: string; help: string }[];
  summary: string;
  /** A command line that works, for its help. */
  example: string;
}

/** All commands, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  {
    name: "generate",
    positionals: [
      { name: "conf", help: "configuration CSV: key,type,encoding[,REPEAT]" },
      { name: "values", help: "values CSV: a header of keys, a row a device" },
      { name: "prefix", help: "what each file name begins with" },
      { name: "size", help: "bytes of the partition, decimal or 0x…, a multiple of 4096" },
    ],
    summary: "make a batch of partition images",
    example: "mfg_gen generate conf.csv values.csv Dev 0x3000 --outdir out",
  },
  {
    name: "generate-key",
    positionals: [],
    summary: "make one key partition (and HMAC key)",
    example: "mfg_gen generate-key --keyfile line-1.bin --outdir out",
  },
  {
    name: "version",
    positionals: [],
    summary: "print the program's version (also -V)",
    example: "mfg_gen version",
  },
];

/** A name with hyphens for underscores, as names are compared. */
export function canonical(name: string): string {
  return name.replaceAll("_", "-");
}

/** The options of a command, the hidden ones too. */
export function flagsOf(command: CommandName): Flag[] {
  return FLAGS.filter((flag) => flag.commands.includes(command));
}
