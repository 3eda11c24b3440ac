/**
 * The arguments of `flash-plan`, to the plan that they mean.
 *
 * @module
 */

import { hash } from "node:crypto";
import { blockFault, chipNamed, CHIPS } from "../flash/chips.ts";
import { endOf, isNvsKeysPartition, overlapping, type Partition } from "../flash/partition.ts";
import { KEY_PARTITION_SIZE } from "../crypto/key_partition.ts";
import { readFlashArgs } from "../flash_plan/flash_args.ts";
import {
  FLASH_ENCRYPTIONS,
  type FlashPlanSpec,
  type GivenKey,
  PLAN_FORMATS,
} from "../flash_plan/spec.ts";
import { didYouMean } from "../input/did_you_mean.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { RawArgs } from "./args.ts";
import { readDumpOptions } from "./dump_options.ts";
import { UsageError } from "./exit_code.ts";
import type { ValueFlagName } from "./flags.ts";
import { openFlashEncryptionKeys } from "./flash_encryption_key.ts";
import { choosePartition } from "./image_source.ts";
import { readHmacKey, readKeyPartition } from "./key_options.ts";
import { encryptedFlagFault } from "./nvs_partition.ts";
import { outputPath } from "./output_path.ts";
import { listText } from "./table_text.ts";

/**
 * Resolves the arguments; `undefined` after a problem.
 *
 * @throws {UsageError} If one is missing, or is none of those that there are.
 */
export function resolveFlashPlan(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
): FlashPlanSpec | undefined {
  const manifest = args.positional("manifest");
  const chip = chipNamed(needed(args, "chip", "like esp32s3"));
  if (chip === undefined) {
    const names = Object.keys(CHIPS);
    const typed = args.value("chip")!;
    throw new UsageError(
      `--chip ${typed} is unknown${didYouMean(typed, names) || `; it is ${names.join(", ")}`}`,
    );
  }
  const table = needed(args, "partition-table", "the table of the build, CSV or binary");
  const outdir = outputPath(
    "--outdir",
    needed(args, "outdir", "the folder of the plan"),
    files.isWindows,
  );
  const format = oneOf(args, "format", PLAN_FORMATS);
  const flashEncryption = oneOf(args, "flash-encryption", FLASH_ENCRYPTIONS);
  const hmacBlock = parseBlock(args.value("hmac-block"));

  const fail: (code: ProblemCode, message: string) => void = (code, message) =>
    problems.add({ file: table }, code, message);
  /** What is wrong with the options is about the batch, not the table. */
  const failOption: typeof fail = (code, message) =>
    problems.add({ file: manifest }, code, message);
  const keyPath = args.value("flash-encryption-key");
  if (keyPath !== undefined && flashEncryption === "off") {
    throw new UsageError(
      "--flash-encryption-key is for boards whose flash encryption is on; it needs " +
        "--flash-encryption development or release",
    );
  }
  if (flashEncryption === "release" && keyPath === undefined) {
    failOption(
      "flash-encryption",
      "--flash-encryption release: such a board takes only what was encrypted with its flash " +
        "encryption key before; give that with --flash-encryption-key, or write keys and images " +
        "before the switch to release mode, with --flash-encryption off or development",
    );
  }
  const flashKeys = keyPath === undefined
    ? undefined
    : openFlashEncryptionKeys(files, keyPath, chip, problems);
  const isFlashEncrypted = flashEncryption !== "off";
  if (hmacBlock !== undefined) {
    const { hasHmac } = CHIPS[chip];
    const fault = hasHmac ? blockFault(CHIPS[chip], hmacBlock, isFlashEncrypted) : undefined;
    if (!hasHmac) {
      failOption(
        "chip-without-hmac",
        `${chip} has no HMAC peripheral, so --hmac-block ${hmacBlock} cannot be; make the batch ` +
          "with --keygen alone, and give the table an nvs_keys partition",
      );
    } else if (fault !== undefined) {
      failOption("efuse-block", `--hmac-block ${hmacBlock} of ${chip} ${fault}; give another`);
    }
  }
  const { table: read, tableOffset, label } = readDumpOptions(files, args, problems);
  const partitions = read?.partitions;
  const partition = partitions && choosePartition(partitions, label, fail);
  const keys = partitions && chooseKeysPartition(partitions, args.value("keys-partition"), fail);
  if (partition?.encrypted) fail("partition-flag", encryptedFlagFault(partition));
  const flashArgs = args.value("with");
  const merged = flashArgs === undefined || partitions === undefined
    ? { options: [], files: [] }
    : readFlashArgs(files, flashArgs, { partitions, tableOffset, isFlashEncrypted }, problems);
  const encrypted = merged.files.find(({ isEncrypted }) => isEncrypted);
  if (flashEncryption === "release" && encrypted !== undefined) {
    problems.add(
      { file: encrypted.path },
      "flash-encryption",
      `goes to "${encrypted.holds}", which flash encryption covers, and a board in release mode ` +
        "takes it only encrypted before; leave --with out, and write the firmware on its own",
    );
  }
  const givenKeys = givenKey(args, "inputkey", (path) => {
    return readKeyPartition(files, path, problems, "--kp_hmac_inputkey FILE")?.sha256;
  });
  const givenHmacKey = givenKey(args, "kp_hmac_inputkey", (path) => {
    const key = readHmacKey(files, path, problems, "--inputkey FILE");
    return key && hash("sha256", key, "hex");
  });
  if (partitions === undefined || partition === undefined) return undefined;
  if (keyPath !== undefined && flashKeys === undefined) return undefined;
  return {
    manifest,
    chip,
    format,
    outdir,
    flashEncryption,
    ...(flashKeys === undefined ? {} : { flashKeyOf: flashKeys.of }),
    partitions,
    table: { path: table, sha256: read?.sha256 ?? "" },
    partition,
    ...(keys === undefined ? {} : { keysPartition: keys }),
    ...(hmacBlock === undefined ? {} : { hmacBlock }),
    merged,
    ...(givenKeys === undefined ? {} : { givenKeys }),
    ...(givenHmacKey === undefined ? {} : { givenHmacKey }),
  };
}

function needed(args: RawArgs, name: ValueFlagName, what: string): string {
  const value = args.value(name);
  if (value !== undefined) return value;
  throw new UsageError(`--${name} is missing; give ${what}`);
}

function oneOf<const T extends readonly [string, ...string[]]>(
  args: RawArgs,
  name: ValueFlagName,
  choices: T,
): T[number] {
  const typed = args.value(name) ?? choices[0];
  const choice = choices.find((one) => one === typed);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${typed} is unknown; it is ${choices.join(", ")}`);
}

function parseBlock(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`--hmac-block ${text} is no number; write N of BLOCK_KEYN, like 0`);
}

function givenKey(
  args: RawArgs,
  name: ValueFlagName,
  read: (path: string) => string | undefined,
): GivenKey | undefined {
  const path = args.value(name);
  const sha256 = path === undefined ? undefined : read(path);
  return sha256 === undefined ? undefined : { path: path!, sha256 };
}

/** The place of key partitions, if there is one. */
function chooseKeysPartition(
  partitions: readonly Partition[],
  label: string | undefined,
  fail: (code: ProblemCode, message: string) => void,
): Partition | undefined {
  const all = partitions.filter(isNvsKeysPartition);
  const chosen = label === undefined ? all : all.filter((one) => one.label === label);
  const [partition] = chosen;
  if (partition === undefined) {
    if (label !== undefined) {
      const there = all.length === 0 ? "it has none" : `there are ${listText(all)}`;
      fail("partition-choice", `has no nvs_keys partition "${label}"; ${there}`);
    }
    return undefined;
  }
  if (chosen.length > 1) {
    fail(
      "partition-choice",
      `has ${chosen.length} nvs_keys partitions; choose one with --keys-partition NAME: ${
        listText(chosen)
      }`,
    );
  }
  if (partition.sizeBytes < KEY_PARTITION_SIZE) {
    fail(
      "partition-size",
      `partition "${partition.label}" has ${partition.sizeBytes} bytes up to ` +
        `${endOf(partition)}, and a key partition ${KEY_PARTITION_SIZE}; give it 0x1000`,
    );
  }
  const others = overlapping(partition, partitions);
  if (others.length > 0) {
    fail("partition-table", `"${partition.label}" overlaps ${listText(others)}; mend the table`);
  }
  return partition;
}
