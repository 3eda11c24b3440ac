/**
 * ```console
 * $ mfg_gen decrypt out/bin/Dev-1.bin out/keys/keys-Dev-1.bin plain.bin
 * plain.bin: 12288 bytes, not encrypted any more: keep it secret
 * ```
 *
 * @module
 */

import { unlockImage } from "../../crypto/image_proof.ts";
import { Problems } from "../../input/problems.ts";
import { PAGE_SIZE } from "../../nvs/constants.ts";
import { looksEncrypted } from "../../nvs/looks_encrypted.ts";
import type { Host } from "../../ports/host.ts";
import { partitionJson, partitionText } from "../../report/image_view.ts";
import { printable } from "../../report/text.ts";
import type { RawArgs } from "../args.ts";
import { readDumpOptions } from "../dump_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { imageSource } from "../image_source.ts";
import { writeAllOrNone } from "../key_files.ts";
import { readInput, readKeyPartition } from "../key_options.ts";
import { IMAGE_FILE } from "../open_image.ts";
import { outputPath } from "../output_path.ts";
import { noteLines, printJson, reportRejected, styleOf } from "../render.ts";

const NOT_ENCRYPTED = "is not encrypted; there is nothing to decrypt";

export async function runDecrypt(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const problems = new Problems();
  const input = args.positional("in");
  const keyFile = args.positional("keys");
  const output = outputPath("out", args.positional("out"), host.files.isWindows);

  const dump = readDumpOptions(host.files, args, problems);
  const bytes = readInput(host.files, input, IMAGE_FILE, problems);
  const source = bytes && imageSource(input, bytes, dump, problems);
  const { bytes: image, partition } = source ?? {};
  const subject = partition === undefined ? "" : `partition "${partition.label}" `;
  const keys = readKeyPartition(host.files, keyFile, problems)?.keys;
  if (host.files.linkStatOf(output) !== undefined) {
    problems.add({ file: output }, "exists already; choose another name, or move it away");
  }
  let plain: Uint8Array | undefined;
  if (image !== undefined && (image.length === 0 || image.length % PAGE_SIZE !== 0)) {
    problems.add({ file: input }, `has ${image.length} bytes; an image has a multiple of 4096`);
  } else if (image !== undefined && keys === undefined) {
    // The key's problem is known; whether the image has one too is a guess.
    if (!looksEncrypted(image)) problems.add({ file: input }, `${subject}${NOT_ENCRYPTED}`);
  } else if (image !== undefined && keys !== undefined) {
    const unlocked = unlockImage(image, keys);
    if (unlocked.kind === "encrypted") plain = unlocked.plain;
    else if (unlocked.kind === "wrong-key") {
      problems.add(
        { file: keyFile },
        `does not fit "${input}"; give the key it was encrypted with`,
      );
    } else problems.add({ file: input }, `${subject}${NOT_ENCRYPTED}`);
  }
  if (problems.total > 0 || plain === undefined) return reportRejected(host, style, problems);

  const notes = await writeAllOrNone(host, [{ path: output, content: plain, secret: true }]);
  const isWhole = partition === undefined;
  if (style.isJson) {
    const from = isWhole ? null : partitionJson(partition);
    printJson(host, { image: output, bytes: plain.length, partition: from, notes });
  } else if (!style.isQuiet) {
    if (!isWhole) notes.unshift(`it is ${partitionText(partition)} of ${printable(input)}`);
    host.print([
      `${output}: ${plain.length} bytes, not encrypted any more: keep it secret`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}
