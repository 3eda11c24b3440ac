/**
 * The options about keys, which `generate` and `generate-key` share.
 *
 * @module
 */

import { hash } from "node:crypto";
import { basename, dirname, extname, isAbsolute, join } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { decodeKeyPartition, KeyPartitionError } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import type { FileReader } from "../ports/file_system.ts";
import { KEY_FILE, readUserFile, UserFileError, type UserFileRules } from "../files/user_file.ts";
import type { Problems } from "../problems/problems.ts";
import { KEYS_FOLDER } from "../keys/key_scheme.ts";
import type { KeySource } from "../keys/key_source.ts";
import { namePartFault } from "../plan/names.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";
import { otherThanKey } from "./file_kind.ts";
import { outputPath } from "./output_path.ts";

/** Where the keys of a batch come from, and what the user should know about it. */
export interface ResolvedKeys {
  keySource: KeySource;
  notes: string[];
}

/**
 * Checks the combination of key options, before any file is read.
 *
 * @throws {UsageError} If options contradict each other or lack one.
 */
export function assertKeyOptions(args: RawArgs): void {
  const encryptsImages = args.command !== "generate-key";
  if (args.has("keygen") && args.has("inputkey")) {
    throw new UsageError("--keygen and --inputkey exclude each other; give one of them");
  }
  const hmacOptions = ["kp_hmac_keygen", "kp_hmac_keyfile", "kp_hmac_inputkey"] as const;
  const given = hmacOptions.filter((name) => args.has(name));
  if (args.has("inputkey")) return; // then they have no effect, which a note says
  if (given.length > 0 && !args.has("key_protect_hmac")) {
    throw new UsageError(`--${given[0]} needs --key_protect_hmac`);
  }
  if (!args.has("key_protect_hmac")) return;
  if (encryptsImages && !args.has("keygen")) {
    throw new UsageError("--key_protect_hmac needs --keygen: without it the images stay in clear");
  }
  if (args.has("kp_hmac_keygen") === args.has("kp_hmac_inputkey")) {
    throw new UsageError(
      "--key_protect_hmac needs either --kp_hmac_keygen or --kp_hmac_inputkey FILE",
    );
  }
  if (args.has("kp_hmac_keyfile") && !args.has("kp_hmac_keygen")) {
    throw new UsageError("--kp_hmac_keyfile names a fresh key; it needs --kp_hmac_keygen");
  }
}

/** What to tell a user about key options that do nothing. */
export function keyNotes(args: RawArgs): string[] {
  const notes: string[] = [];
  const hmacOptions = ["key_protect_hmac", "kp_hmac_keygen", "kp_hmac_inputkey"] as const;
  if (args.has("inputkey") && hmacOptions.some((name) => args.has(name))) {
    notes.push("--key_protect_hmac has no effect with --inputkey");
  }
  if (args.command === "image" && args.has("keyfile") && !args.has("keygen")) {
    notes.push("--keyfile has no effect without --keygen");
  }
  return notes;
}

/** Reads the key files of `generate`; what is wrong with them goes to `problems`. */
export async function resolveKeySource(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
): Promise<ResolvedKeys> {
  const notes = keyNotes(args);
  const inputKey = args.value("inputkey");
  if (inputKey !== undefined) {
    const given = readKeyPartition(files, inputKey, problems, HMAC_KEY_OPTIONS);
    return {
      keySource: given === undefined ? { kind: "none" } : { kind: "given", ...given },
      notes,
    };
  }
  if (!args.has("keygen")) return { keySource: { kind: "none" }, notes };
  if (!args.has("key_protect_hmac")) return { keySource: { kind: "fresh" }, notes };
  const hmacInput = args.value("kp_hmac_inputkey");
  if (hmacInput !== undefined) {
    const hmacKey = readHmacKey(files, hmacInput, problems, "--inputkey FILE");
    if (hmacKey === undefined) return { keySource: { kind: "none" }, notes };
    const keys = await deriveXtsKeys(hmacKey);
    return { keySource: { kind: "derived", keys, sha256: hash("sha256", hmacKey, "hex") }, notes };
  }
  const keyFile = args.value("kp_hmac_keyfile");
  if (keyFile === undefined) return { keySource: { kind: "freshHmac" }, notes };
  const hmacKeyFile = keyFilePath(keyFile, "kp_hmac_keyfile", files.isWindows);
  if (isAbsolute(hmacKeyFile)) notes.push(absoluteNote(hmacKeyFile));
  return { keySource: { kind: "freshHmac", hmacKeyFile }, notes };
}

/** For a batch, and for `image`. */
export const HMAC_KEY_OPTIONS = "--keygen --key_protect_hmac --kp_hmac_inputkey FILE";

/**
 * Reads a key partition file; `undefined` after a problem.
 *
 * @param hmacOption What takes an HMAC key in its place, for whoever gives one.
 */
export function readKeyPartition(
  files: FileReader,
  path: string,
  problems: Problems,
  hmacOption: string,
): { keys: XtsKeys; sha256: string } | undefined {
  const bytes = readInput(files, path, KEY_FILE, problems);
  if (bytes === undefined) return undefined;
  try {
    return { keys: decodeKeyPartition(bytes), sha256: hash("sha256", bytes, "hex") };
  } catch (error) {
    if (!(error instanceof KeyPartitionError)) throw error;
    const other = otherThanKey(bytes, "key-partition", hmacOption);
    problems.add({ file: path }, "key-file", error.message + other);
    return undefined;
  }
}

/**
 * Reads an HMAC key file; `undefined` after a problem.
 *
 * @param partitionOption What takes a key partition in its place, if anything does.
 */
export function readHmacKey(
  files: FileReader,
  path: string,
  problems: Problems,
  partitionOption?: string,
): Uint8Array | undefined {
  const bytes = readInput(files, path, KEY_FILE, problems);
  if (bytes === undefined || bytes.length === HMAC_KEY_SIZE) return bytes;
  const other = otherThanKey(bytes, "hmac-key", partitionOption);
  problems.add(
    { file: path },
    "key-file",
    `has ${bytes.length} bytes; an HMAC key has ${HMAC_KEY_SIZE}${other}`,
  );
  return undefined;
}

/** Reads a file that the command line names; `undefined` after a problem. */
export function readInput(
  files: FileReader,
  path: string,
  rules: UserFileRules,
  problems: Problems,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readUserFile(files, path, rules);
  } catch (error) {
    if (!(error instanceof UserFileError)) throw error;
    problems.add({ file: path }, error.code, error.message);
    return undefined;
  }
}

/**
 * The path of a key file to write, relative to the output folder unless it is
 * absolute. A name without extension gets `.bin`.
 *
 * @throws {UsageError} If it has another extension.
 */
export function keyFilePath(name: string, option: string, isWindows: boolean): string {
  const extension = extname(name);
  if (extension !== "" && extension !== ".bin") {
    throw new UsageError(`--${option} "${name}" has to end with .bin`);
  }
  if (/[/\\]$/.test(name)) throw new UsageError(`--${option} "${name}" names a folder`);
  const fault = namePartFault(basename(name), isWindows);
  if (fault !== undefined) throw new UsageError(`--${option} "${name}" ${fault}`);
  if (isWindows && /^[a-z]:(?![/\\])/i.test(name)) {
    throw new UsageError(`--${option} "${name}" is relative to a drive; write the whole path`);
  }
  const withExtension = extension === "" ? `${name}.bin` : name;
  outputPath(`--${option}`, name, isWindows);
  return isAbsolute(name) ? withExtension : `${KEYS_FOLDER}/${withExtension}`;
}

/** The path beside `path` whose name has `hmac-` in front. */
export function hmacBeside(path: string): string {
  return join(dirname(path), `hmac-${basename(path)}`);
}

export function absoluteNote(path: string): string {
  return `"${path}" is absolute, so it is not put below --outdir`;
}
