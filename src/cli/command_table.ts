/**
 * The one table of commands: parsing, help and completions come from it.
 *
 * @module
 */

/** An argument that is known by its place. */
export interface Positional {
  name: string;
  help: string;
  /** Takes all arguments that the others leave, at least one. */
  isMany?: boolean;
  /** May be left out. */
  isOptional?: boolean;
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
  { name: "size", help: "bytes of the partition, like 0x3000, or its name in --partition-table" },
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
      { name: "b", help: "another one, unless --birth finds it", isOptional: true },
    ],
    summary: "show which keys differ between two images",
    example: "mfg_gen diff out/bin/Dev-1.bin returned.bin",
  },
  {
    name: "image",
    positionals: [
      { name: "in", help: "NVS CSV: key,type,encoding,value; several are merged", isMany: true },
      { name: "out", help: "image to write" },
      {
        name: "size",
        help: "bytes of the partition, like 0x3000, or its name in --partition-table",
      },
    ],
    summary: "make one image from an NVS CSV",
    example: "mfg_gen image nvs.csv nvs.bin 0x3000",
  },
  {
    name: "edit",
    positionals: [
      { name: "image", help: "image of an NVS partition" },
      { name: "out", help: "image to write" },
    ],
    summary: "write an image with keys set or removed",
    example: "mfg_gen edit Dev-1.bin new.bin --set device:level:u8=7",
  },
  {
    name: "decrypt",
    positionals: [
      { name: "in", help: "encrypted image, or dump of a flash with one" },
      { name: "keys", help: "its key partition, if no option tells the key", isOptional: true },
      { name: "out", help: "plain image to write" },
    ],
    summary: "write the plain image of an encrypted one",
    example: "mfg_gen decrypt nvs.bin keys.bin plain.bin",
  },
  {
    name: "flash-plan",
    positionals: [{ name: "manifest", help: "manifest-<prefix>.csv that generate wrote" }],
    summary: "write what esptool, espefuse or a programmer takes for each device",
    example: "mfg_gen flash-plan out/manifest-Dev.csv --partition-table partitions.csv " +
      "--chip esp32s3 --outdir plan",
  },
  {
    name: "init",
    positionals: [
      { name: "folder", help: "where they go (default: the current folder)", isOptional: true },
    ],
    summary: "write a configuration and values to start from",
    example: "mfg_gen init lot-7",
  },
  {
    name: "explain",
    positionals: [{
      name: "code",
      help: "code of a problem, as the list of problems ends with",
      isMany: true,
    }],
    summary: "tell what a problem means and what to do about it",
    example: "mfg_gen explain value-out-of-range",
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
