/**
 * ```console
 * $ mfg_gen generate-key --keyfile line-1.bin --outdir out
 * key partition: out/keys/line-1.bin
 * ```
 *
 * @module
 */

import { dirname, isAbsolute, join } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../../crypto/hmac_scheme.ts";
import { encodeKeyPartition, newXtsKeys } from "../../crypto/key_partition.ts";
import type { XtsKeys } from "../../crypto/xts.ts";
import type { Host } from "../../ports/host.ts";
import { Problems } from "../../input/problems.ts";
import { isSamePath } from "../../plan/name_check.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import {
  absoluteNote,
  assertKeyOptions,
  hmacBeside,
  keyFilePath,
  readHmacKey,
} from "../key_options.ts";
import { printJson, reportRejected, type ReportStyle } from "../render.ts";

export async function runGenerateKey(host: Host, args: RawArgs): Promise<ExitCode> {
  const style: ReportStyle = { isQuiet: args.has("quiet"), isJson: args.has("json") };
  const problems = new Problems();
  assertKeyOptions(args);

  const outdir = args.value("outdir") ?? ".";
  const below = (path: string) => isAbsolute(path) ? path : join(outdir, path);
  const keyFile = keyFilePath(args.value("keyfile") ?? timestampName(host.localTime()), "keyfile");
  const hmacName = args.value("kp_hmac_keyfile");
  const hmacFile = args.has("kp_hmac_keygen")
    ? hmacName === undefined ? hmacBeside(keyFile) : keyFilePath(hmacName, "kp_hmac_keyfile")
    : undefined;
  if (hmacFile !== undefined && isSamePath(hmacFile, keyFile, outdir)) {
    throw new UsageError("--keyfile and --kp_hmac_keyfile name the same file");
  }
  const paths = [hmacFile, keyFile].filter((path) => path !== undefined);
  const notes = paths.filter(isAbsolute).map(absoluteNote);

  let xts: XtsKeys | undefined;
  let hmacKey: Uint8Array | undefined;
  if (args.has("key_protect_hmac")) {
    const inputFile = args.value("kp_hmac_inputkey");
    hmacKey = inputFile === undefined
      ? host.randomBytes(HMAC_KEY_SIZE)
      : readHmacKey(host.files, inputFile, problems);
    xts = hmacKey && await deriveXtsKeys(hmacKey);
  } else xts = newXtsKeys((sizeBytes) => host.randomBytes(sizeBytes));

  for (const path of paths.map(below)) {
    if (host.files.exists(path)) {
      problems.add({ file: path }, "exists already; give another name with --keyfile");
    }
  }
  if (problems.total > 0 || xts === undefined) return reportRejected(host, style, problems);

  const written: string[] = [];
  try {
    for (
      const [path, bytes] of [
        [hmacFile, hmacKey],
        [keyFile, encodeKeyPartition(xts)],
      ] as const
    ) {
      if (path === undefined || bytes === undefined) continue;
      host.files.makeFolder(dirname(below(path)));
      host.files.putNew(below(path), bytes, { secret: true });
      written.push(below(path));
    }
  } catch (error) {
    for (const path of written) host.files.remove(path);
    throw error;
  }

  if (style.isJson) {
    printJson(host, {
      keys: below(keyFile),
      hmac_key: hmacFile === undefined ? null : below(hmacFile),
      notes,
    });
  } else if (!style.isQuiet) {
    host.print([
      ...(hmacFile === undefined ? [] : [`HMAC key: ${below(hmacFile)}`]),
      `key partition: ${below(keyFile)}`,
      ...notes.map((note) => `note: ${note}`),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}

/** The name that Espressif's utility gives: month, day, hour and minute. */
function timestampName(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `keys-${day}_${two(time.getHours())}-${two(time.getMinutes())}.bin`;
}
