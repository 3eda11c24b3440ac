/**
 * ```console
 * $ mfg_gen generate-key --keyfile line-1.bin --outdir out
 * key partition: out/keys/line-1.bin
 * ```
 *
 * @module
 */

import { Problems } from "../../problems/problems.ts";
import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { freshKeyFiles, writeAllOrNone } from "../key_files.ts";
import { assertKeyOptions } from "../key_options.ts";
import { noteLines, printJson, reportRejected, styleOf } from "../render.ts";

export async function runGenerateKey(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const problems = new Problems();
  assertKeyOptions(args);
  const fresh = await freshKeyFiles(host, args, problems);
  if (fresh === undefined) return reportRejected(host, style, problems);

  const { keys, hmacKey } = fresh;
  const newFiles = hmacKey === undefined ? [keys] : [hmacKey, keys];
  const notes = [...fresh.notes, ...await writeAllOrNone(host, newFiles)];
  if (style.isJson) {
    printJson(host, { keys: keys.path, hmac_key: hmacKey?.path ?? null, notes });
  } else if (!style.isQuiet) {
    host.print([
      ...(hmacKey === undefined ? [] : [`HMAC key: ${hmacKey.path}`]),
      `key partition: ${keys.path}`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}
