/**
 * The one table of commands and flags: parsing, help and completions come
 * from it.
 *
 * @module
 */

/** An argument that is known by its place. */
export interface Positional {
  name: string;
  help: string;
  /** Takes all arguments that the others leave, at least one. */
  isMany?: boolean;
}

/** What the table says of a command. */
interface CommandRow {
  name: string;
  positionals: readonly Positional[];
  summary: string;
  /** A command line that works, for its help. */
  example: string;
}

const BATCH_POSITIONALS = [
  { name: "conf", help: "configuration CSV: key,type,encoding[,REPEAT]" },
  { name: "values", help: "values CSV: a header of keys, a row a device" },
  { name: "prefix", help: "what each file name begins with" },
  { name: "size", help: "bytes of the partition, decimal or 0x..., a multiple of 4096" },
] as const;

/** All commands, in the order in which help shows them. */
export const COMMANDS = [
  {
    name: "generate",
    positionals: BATCH_POSITIONALS,
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
    name: "verify",
    positionals: BATCH_POSITIONALS,
    summary: "read the images back and compare them with the CSVs",
    example: "mfg_gen verify conf.csv values.csv Dev 0x3000 --outdir out",
  },
  {
    name: "inspect",
    positionals: [{ name: "image", help: "image of an NVS partition, or dump of a flash" }],
    summary: "show what is in an image or a flash dump, plain or encrypted",
    example: "mfg_gen inspect out/bin/Dev-1.bin --page-map",
  },
  {
    name: "diff",
    positionals: [
      { name: "a", help: "an image, or dump of a flash" },
      { name: "b", help: "another one" },
    ],
    summary: "show which keys differ between two images",
    example: "mfg_gen diff out/bin/Dev-1.bin returned.bin",
  },
  {
    name: "image",
    positionals: [
      { name: "in", help: "NVS CSV: key,type,encoding,value; several are merged", isMany: true },
      { name: "out", help: "image to write" },
      { name: "size", help: "bytes of the partition, decimal or 0x..., a multiple of 4096" },
    ],
    summary: "make one image from an NVS CSV",
    example: "mfg_gen image nvs.csv nvs.bin 0x3000",
  },
  {
    name: "decrypt",
    positionals: [
      { name: "in", help: "encrypted image, or dump of a flash with one" },
      { name: "keys", help: "its key partition" },
      { name: "out", help: "plain image to write" },
    ],
    summary: "write the plain image of an encrypted one",
    example: "mfg_gen decrypt nvs.bin keys.bin plain.bin",
  },
  {
    name: "completions",
    positionals: [{ name: "shell", help: "bash, zsh, fish or powershell" }],
    summary: "print a script that completes commands and options in a shell",
    example: 'eval "$(mfg_gen completions bash)"',
  },
  {
    name: "version",
    positionals: [],
    summary: "print the program's version (also -V)",
    example: "mfg_gen version",
  },
] as const satisfies readonly CommandRow[];

/** Commands of the program. */
export type CommandName = (typeof COMMANDS)[number]["name"];
/** A command with its positional arguments. */
export type Command = CommandRow & { name: CommandName };
/** Arguments that commands know by their place. */
export type PositionalName = (typeof COMMANDS)[number]["positionals"][number]["name"];

/** An option, by its name in Espressif's spelling. */
export interface Flag {
  name: string;
  /** Placeholders of its values; none for a switch. */
  values: readonly string[];
  help: string;
  /** What it means to a command for which `help` is not right. */
  helpOf?: Partial<Record<CommandName, string>>;
  commands: readonly CommandName[];
  /** Accepted for scripts that give it, and not shown. */
  hidden?: boolean;
}

const GENERATE = ["generate"] as const;
/** Commands that name the devices of a batch. */
const BATCH = ["generate", "verify"] as const;
/** Commands that encrypt an image. */
const ENCRYPT = ["generate", "verify", "image"] as const;
/** Commands that write keys. */
const KEYS = ["generate", "generate-key", "verify", "image"] as const;
const READ = ["inspect", "diff"] as const;
/** Commands that take the dump of a whole flash for an image. */
const DUMP = [...READ, "decrypt"] as const;
const REPORT = ["generate", "generate-key", "verify", "image", "decrypt"] as const;

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
    },
    commands: ENCRYPT,
  },
  {
    name: "outdir",
    values: ["DIR"],
    help: "folder for bin, csv, keys and the manifest (default: the current folder)",
    helpOf: {
      "generate-key": "folder for keys (default: the current folder)",
      verify: "folder that generate wrote (default: the current folder)",
      image: "folder for the image and for keys (default: the current folder)",
    },
    commands: KEYS,
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
    commands: KEYS,
  },
  {
    name: "keyfile",
    values: ["FILE"],
    help: "name of the key partition in OUTDIR/keys (default: keys-MM-DD_HH-MM.bin)",
    commands: ["generate-key", "image"],
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
    commands: REPORT,
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
    commands: READ,
  },
  {
    name: "hmac-key",
    values: ["FILE"],
    help: "HMAC key of an encrypted image",
    commands: READ,
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
    commands: DUMP,
  },
  {
    name: "partition-table",
    values: ["FILE"],
    help: "partition table, binary or CSV, in place of the one in the flash dump",
    commands: DUMP,
  },
  {
    name: "partition-table-offset",
    values: ["N"],
    help: "where the partition table is in the flash dump (default: 0x8000)",
    commands: DUMP,
  },
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
    commands: [...REPORT, ...READ],
  },
  {
    name: "help",
    values: [],
    help: "this text",
    commands: [...REPORT, ...READ, "completions", "version"],
  },
  // Espressif's utility hides these and overwrites what they say.
  { name: "keyfile", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  { name: "input", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  { name: "output", values: ["FILE"], help: "", commands: BATCH, hidden: true },
  // Options of generate that mean nothing to verify, which takes its whole command line.
  { name: "no-csv", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "resume", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "rekey", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "dry-run", values: [], help: "", commands: ["verify"], hidden: true },
  { name: "jobs", values: ["N"], help: "", commands: ["verify"], hidden: true },
] as const satisfies readonly Flag[];

/** An option's name, as the table spells it. */
export type FlagName = (typeof FLAGS)[number]["name"];
/** An option that takes one value. */
export type ValueFlagName = Extract<(typeof FLAGS)[number], { values: readonly [string] }>["name"];
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
