/**
 * Fresh key files: what `generate-key` writes, and `image --keygen` before its
 * image.
 *
 * @module
 */

import { dirname, isAbsolute } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { encodeKeyPartition, newXtsKeys } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import type { Problems } from "../problems/problems.ts";
import { Disk, syncNotes } from "../files/disk.ts";
import { type NewFile, putNewFile, removeAfter } from "../files/new_file.ts";
import { pathBelow } from "../plan/names.ts";
import { isSamePath } from "../plan/same_path.ts";
import type { Host } from "../ports/host.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";
import { absoluteNote, hmacBeside, keyFilePath, readHmacKey } from "./key_options.ts";
import { checkNewFile, outputPath } from "./output_path.ts";

/** Keys, and the files that hold them. */
export interface FreshKeyFiles {
  xts: XtsKeys;
  keys: NewFile;
  /** The HMAC key, when it was made too. */
  hmacKey?: NewFile;
  notes: string[];
}

/**
 * Makes or derives keys as the options say; `undefined` after a problem.
 *
 * @throws {UsageError} If two files have one name.
 */
export async function freshKeyFiles(
  host: Host,
  args: RawArgs,
  problems: Problems,
): Promise<FreshKeyFiles | undefined> {
  const { isWindows } = host.files;
  const outdir = outputPath("--outdir", args.value("outdir") ?? ".", isWindows);
  const below = (path: string) => pathBelow(outdir, path);
  const keyFile = keyFilePath(
    args.value("keyfile") ?? timestampName(host.localTime()),
    "keyfile",
    isWindows,
  );
  const hmacName = args.value("kp_hmac_keyfile");
  const hmacFile = args.has("kp_hmac_keygen")
    ? hmacName === undefined
      ? hmacBeside(keyFile)
      : keyFilePath(hmacName, "kp_hmac_keyfile", isWindows)
    : undefined;
  if (hmacFile !== undefined && isSamePath(hmacFile, keyFile, outdir)) {
    throw new UsageError("--keyfile and --kp_hmac_keyfile name the same file");
  }

  let xts: XtsKeys | undefined;
  let hmacKey: Uint8Array | undefined;
  if (args.has("key_protect_hmac")) {
    const inputFile = args.value("kp_hmac_inputkey");
    hmacKey = inputFile === undefined
      ? host.randomBytes(HMAC_KEY_SIZE)
      : readHmacKey(host.files, inputFile, problems);
    xts = hmacKey && await deriveXtsKeys(hmacKey);
  } else xts = newXtsKeys((sizeBytes) => host.randomBytes(sizeBytes));

  const paths = [hmacFile, keyFile].filter((path) => path !== undefined);
  for (const path of paths.map(below)) {
    checkNewFile(host.files, path, problems, "give another name");
  }
  if (problems.total > 0 || xts === undefined) return undefined;
  return {
    xts,
    keys: { path: below(keyFile), content: encodeKeyPartition(xts), secret: true },
    ...(hmacFile === undefined
      ? {}
      : { hmacKey: { path: below(hmacFile), content: hmacKey!, secret: true } }),
    notes: paths.filter(isAbsolute).map(absoluteNote),
  };
}

const MARK_BYTES = 8;

/**
 * Writes files in order, or none of them; they are on the disk when this
 * resolves.
 *
 * @returns What the user should know, a sentence each.
 */
export async function writeAllOrNone(
  host: Host,
  newFiles: readonly NewFile[],
): Promise<string[]> {
  const { files } = host;
  const disk = new Disk(files);
  const mark = host.randomBytes(MARK_BYTES).toHex();
  const written: string[] = [];
  try {
    for (const file of newFiles) {
      await disk.make(dirname(file.path));
      await putNewFile(files, file, mark, disk);
      written.push(file.path);
    }
  } catch (error) {
    for (const path of written.toReversed()) removeAfter(files, path, error);
    throw error;
  }
  return syncNotes(files, disk.unsynced);
}

/** The name that Espressif's utility gives: month, day, hour and minute. */
function timestampName(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `keys-${day}_${two(time.getHours())}-${two(time.getMinutes())}.bin`;
}
