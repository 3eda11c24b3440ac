/**
 * ```console
 * $ mfg_gen decrypt out/bin/Dev-1.bin out/keys/keys-Dev-1.bin plain.bin
 * plain.bin: 12288 bytes, not encrypted any more: keep it secret
 * $ mfg_gen decrypt returned.bin plain.bin --keys out/keys
 * plain.bin: 12288 bytes, not encrypted any more: keep it secret
 * key: out/keys/keys-Dev-1.bin, a key partition (20 key files tried, 1 fits)
 * ```
 *
 * @module
 */

import { unlockImage } from "../../crypto/image_proof.ts";
import { Problems } from "../../problems/problems.ts";
import { PAGE_SIZE } from "../../nvs/constants.ts";
import { looksEncrypted } from "../../nvs/looks_encrypted.ts";
import type { Partition } from "../../flash/partition.ts";
import type { Host } from "../../ports/host.ts";
import { partitionJson, partitionText } from "../../report/image_view.ts";
import { keySearchJson, keySearchLines } from "../../report/key_search_report.ts";
import { printable } from "../../report/text.ts";
import type { KeySearch } from "../../verify/key_search.ts";
import type { RawArgs } from "../args.ts";
import { readDumpOptions } from "../dump_options.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import { imageSource } from "../image_source.ts";
import { writeAllOrNone } from "../key_files.ts";
import { readInput, readKeyPartition } from "../key_options.ts";
import {
  IMAGE_FILE,
  type ImageKey,
  readImageKey,
  reportRefused,
  searchRefusal,
} from "../open_image.ts";
import { checkNewFile, outputPath } from "../output_path.ts";
import { noteLines, printJson, reportRejected, type ReportStyle, styleOf } from "../render.ts";

const NOT_ENCRYPTED = "is not encrypted; there is nothing to decrypt";

export async function runDecrypt(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const problems = new Problems();
  const input = args.positional("in");
  const keyFile = keyFileOf(args);
  const output = outputPath("out", args.positional("out"), host.files.isWindows);

  const dump = readDumpOptions(host.files, args, problems);
  const bytes = readInput(host.files, input, IMAGE_FILE, problems);
  const source = bytes && imageSource(input, bytes, dump, problems);
  const { bytes: image, partition } = source ?? {};
  const subject = partition === undefined ? "" : `partition "${partition.label}" `;
  const key = await readKey(host, args, problems);
  checkNewFile(host.files, output, problems);
  const isWhole = image !== undefined && image.length > 0 && image.length % PAGE_SIZE === 0;
  if (image !== undefined && !isWhole) {
    problems.add(
      { file: input },
      "not-an-image",
      `has ${image.length} bytes; an image has a multiple of 4096`,
    );
  }
  const searched = isWhole && problems.total === 0 ? await key.find?.(image) : undefined;
  const refusal = searched && searchRefusal(input, searched.search, partition);
  if (refusal !== undefined) return reportRefused(host, style.isJson, [refusal]);
  const keys = key.keys ?? searched?.keys;
  let plain: Uint8Array | undefined;
  if (isWhole && keys === undefined) {
    // What is wrong with the key is known; whether the image is encrypted at all is a guess.
    if (!looksEncrypted(image)) {
      problems.add({ file: input }, "not-encrypted", `${subject}${NOT_ENCRYPTED}`);
    }
  } else if (isWhole && keys !== undefined) {
    const unlocked = unlockImage(image, keys);
    if (unlocked.kind === "encrypted") plain = unlocked.plain;
    else if (unlocked.kind === "wrong-key") {
      problems.add(
        { file: keyFile },
        "wrong-key",
        `does not fit "${input}"; give the key it was encrypted with`,
      );
    } else problems.add({ file: input }, "not-encrypted", `${subject}${NOT_ENCRYPTED}`);
  }
  if (problems.total > 0 || plain === undefined) return reportRejected(host, style, problems);

  const notes = await writeAllOrNone(host, [{ path: output, content: plain, secret: true }]);
  const report = { output, sizeBytes: plain.length, input, partition, search: searched?.search };
  reportDone(host, style, report, notes);
  return EXIT.done;
}

/** What was written, and where it comes from. */
interface DecryptReport {
  output: string;
  sizeBytes: number;
  input: string;
  partition: Partition | undefined;
  search: KeySearch | undefined;
}

function reportDone(
  host: Host,
  { isJson, isQuiet }: ReportStyle,
  { output, sizeBytes, input, partition, search }: DecryptReport,
  notes: readonly string[],
): void {
  if (isJson) {
    printJson(host, {
      image: output,
      bytes: sizeBytes,
      partition: partition === undefined ? null : partitionJson(partition),
      ...(search && { keys: keySearchJson(search) }),
      notes,
    });
  } else if (!isQuiet) {
    const origin = partition === undefined
      ? []
      : [`it is ${partitionText(partition)} of ${printable(input)}`];
    host.print([
      `${output}: ${sizeBytes} bytes, not encrypted any more: keep it secret`,
      ...keySearchLines(search),
      ...noteLines([...origin, ...notes]),
      "",
    ].join("\n"));
  }
}

/**
 * The file or folder that the key is in.
 *
 * @throws {UsageError} If none is given, or one as an argument and another as an option.
 */
function keyFileOf(args: RawArgs): string {
  const argument = args.positional("keys");
  const option = (["key", "hmac-key", "keys"] as const).find((name) => args.has(name));
  if (argument !== "" && option !== undefined) {
    throw new UsageError(
      `the key is given twice, by "${argument}" and by --${option}; leave one of them out`,
    );
  }
  if (argument !== "") return argument;
  if (option !== undefined) return args.value(option)!;
  throw new UsageError(
    "no key is given; put the key partition between in and out, or give --key FILE, " +
      "--hmac-key FILE or --keys DIR",
  );
}

async function readKey(host: Host, args: RawArgs, problems: Problems): Promise<ImageKey> {
  const argument = args.positional("keys");
  if (argument === "") return await readImageKey(host, args, problems);
  const keys = readKeyPartition(host.files, argument, problems, "--hmac-key FILE")?.keys;
  return { howToGive: "keys", ...(keys && { keys }) };
}
