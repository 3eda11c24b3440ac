/**
 * The arguments that `generate` and `verify` share, to the batch they mean.
 *
 * @module
 */

import type { FileReader } from "../ports/file_system.ts";
import { csvRecords, type LineSource } from "../input/csv_records.ts";
import type { Problems } from "../problems/problems.ts";
import type { Warnings } from "../problems/warnings.ts";
import { type FormatVersion, VERSION_BYTE } from "../nvs/constants.ts";
import type { BatchSpec } from "../plan/checked_batch.ts";
import { createdCsvPath } from "../plan/created_csv.ts";
import { MAX_PREFIX_DIGITS, namePartFault, type PrefixNumber } from "../plan/names.ts";
import { type Shard, WHOLE } from "../plan/shard.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";
import { assertKeyOptions, resolveKeySource } from "./key_options.ts";
import { outputFile, outputPath } from "./output_path.ts";
import { resolveSize } from "./partition_size.ts";
import type { TableFile } from "./table_file.ts";

/**
 * Resolves the arguments of a batch command, with the partition table that they
 * name; what is wrong with files goes to `problems`, and `warnings` has the rest.
 *
 * @throws {UsageError} If one of them is wrong.
 */
export async function resolveBatch(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
  warnings: Warnings,
): Promise<{ spec: BatchSpec; notes: string[]; table?: TableFile }> {
  assertKeyOptions(args);
  if (args.command === "generate" && args.has("rekey") && !args.has("resume")) {
    throw new UsageError("--rekey is for devices of a batch that is resumed; it needs --resume");
  }
  const prefix = args.positional("prefix");
  const { geometry, isMarkedReadOnly = false, table, notes: sizeNotes } = resolveSize(
    files,
    args,
    problems,
    warnings,
  );
  const prefixFault = namePartFault(prefix, files.isWindows);
  if (prefixFault !== undefined) throw new UsageError(`prefix "${prefix}" ${prefixFault}`);
  const prefixNumber = parsePrefixNumber(args.values("prefix_num"));
  const fileIdColumn = args.value("fileid");
  const formatVersion = parseFormatVersion(args.value("version"));
  const createdCsv = parseCreatedCsv(args, files.isWindows);
  const only = parseOnly(args.list("only"));
  const { keySource, notes } = await resolveKeySource(files, args, problems);
  for (const name of ["keyfile", "input", "output"] as const) {
    if (args.has(name)) notes.push(`--${name} has no effect`);
  }
  return {
    notes: [...notes, ...sizeNotes],
    ...(table === undefined ? {} : { table }),
    spec: {
      configuration: args.positional("conf"),
      values: args.positional("values"),
      prefix,
      ...(prefixNumber === undefined ? {} : { prefixNumber }),
      ...(fileIdColumn === undefined ? {} : { fileIdColumn }),
      geometry,
      isMarkedReadOnly,
      formatVersion,
      outdir: outputPath("--outdir", args.value("outdir") ?? ".", files.isWindows),
      keySource,
      writeCsv: !args.has("no-csv"),
      ...(createdCsv === undefined ? {} : { createdCsv }),
      uniqueColumns: parseColumns(args.value("unique")),
      shard: parseShard(args.value("shard")),
      ...(only === undefined ? {} : { only }),
      resume: args.has("resume"),
      rekey: args.has("rekey"),
    },
  };
}

/** The blob format version of `--version`. */
export function parseFormatVersion(text = "2"): FormatVersion {
  if (Object.hasOwn(VERSION_BYTE, text)) return Number(text) as FormatVersion;
  throw new UsageError(
    `--version ${text} is unknown; it takes 1 or 2 (mfg_gen version tells the program's)`,
  );
}

/** In place of a path: no file. */
const NO_FILE = "none";

/** Where `<values>_created.csv` goes: beside the values, unless the user says otherwise. */
function parseCreatedCsv(args: RawArgs, isWindows: boolean): string | undefined {
  const given = args.value("created-csv");
  if (args.command === "verify" || given === NO_FILE) return undefined;
  if (given !== undefined && args.has("no-csv")) {
    throw new UsageError(
      "--no-csv leaves <values>_created.csv out, and --created-csv names a place for it; " +
        "give one of them",
    );
  }
  if (args.has("no-csv")) return undefined;
  return given === undefined
    ? createdCsvPath(args.positional("values"))
    : outputFile("--created-csv", given, isWindows);
}

function parseColumns(text: string | undefined): string[] {
  const columns = text?.split(",") ?? [];
  if (columns.includes("")) {
    throw new UsageError(`--unique "${text}" has an empty name; write KEY, or KEY,KEY`);
  }
  return columns;
}

function parseShard(text: string | undefined): Shard {
  if (text === undefined) return WHOLE;
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new UsageError(
      `--shard ${text} is not understood; write K/N with K from 1 to N, like 2/8`,
    );
  }
  return { index, count };
}

/** No file id begins or ends with these; a list that was typed may hold them. */
const SPACE_AROUND = /^[ \t]+|[ \t]+$/g;

/**
 * The ids of `--only`, as cells of a CSV, since a file id may hold a comma; a
 * line break separates them too, so that a list may come from a file.
 */
function parseOnly(values: readonly string[]): ReadonlySet<string> | undefined {
  if (values.length === 0) return undefined;
  const only = new Set<string>();
  for (const value of values) {
    const refuse = (reason: string) => {
      throw new UsageError(`--only ${value} ${reason}`);
    };
    const records = csvRecords(
      linesOf(value),
      { comments: false },
      ({ message }) => refuse(message),
    );
    let count = 0;
    for (const { fields } of records) {
      for (const id of fields.map((field) => field.replace(SPACE_AROUND, ""))) {
        if (id === "") refuse("has an empty ID; write file ids with commas between, like A7,A8");
        only.add(id);
        count++;
      }
    }
    if (count === 0) refuse("has no ID; write file ids with commas between, like A7,A8");
  }
  return only;
}

function linesOf(text: string): LineSource {
  const lines = text.split(/\r\n|\r|\n/);
  let line = 0;
  return {
    next: () => lines[line++],
    get line() {
      return line;
    },
  };
}

/** More threads than any machine that makes images has. */
const MAX_JOBS = 256;

/** The number of `--jobs`; `undefined` leaves it to the program. */
export function parseJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > MAX_JOBS) {
    throw new UsageError(`--jobs ${text} is not a number from 1 to ${MAX_JOBS}`);
  }
  return Number(text);
}

function parsePrefixNumber(values: readonly string[] | undefined): PrefixNumber | undefined {
  if (values === undefined) return undefined;
  const [start = "", length = ""] = values;
  if (!/^\d{1,15}$/.test(start)) {
    throw new UsageError(`--prefix_num START "${start}" is not a number from 0 up`);
  }
  if (!/^\d{1,3}$/.test(length) || Number(length) > MAX_PREFIX_DIGITS) {
    throw new UsageError(
      `--prefix_num LENGTH "${length}" is not a number of digits from 0 to ${MAX_PREFIX_DIGITS}`,
    );
  }
  return { start: Number(start), length: Number(length) };
}
