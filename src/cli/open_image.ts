/**
 * An image file and its key to what is in it, or to the reason why it cannot
 * be read.
 *
 * @module
 */

import { hash } from "node:crypto";
import { deriveXtsKeys } from "../crypto/hmac_scheme.ts";
import { unlockImage } from "../crypto/image_proof.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import type { Problems } from "../input/problems.ts";
import { decodePartition } from "../nvs/decode.ts";
import { looksEncrypted } from "../nvs/looks_encrypted.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { UserFileRules } from "../files/user_file.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import type { Host } from "../ports/host.ts";
import { type ImageView, partitionJson } from "../report/image_view.ts";
import { jsonText, printable, quoted } from "../report/text.ts";
import type { RawArgs } from "./args.ts";
import type { DumpOptions } from "./dump_options.ts";
import { EXIT, type ExitCode, UsageError } from "./exit_code.ts";
import { imageSource } from "./image_source.ts";
import { readHmacKey, readInput, readKeyPartition } from "./key_options.ts";

/** The key of an image. */
export interface ImageKey {
  /** Absent for a plain image, or if the key file has a problem. */
  keys?: XtsKeys;
  /** Whether the image may as well be plain: the key was given for another one. */
  isOptional?: boolean;
  /** How to give the key, for messages: "--key FILE or --hmac-key FILE". */
  howToGive: string;
}

/** Why an image does not fit its key. */
export type RefusalRule = "encrypted-without-key" | "wrong-key" | "not-encrypted";

/** An image that is not listed, because it would be garbage or is not what the user takes it for. */
export interface ImageRefusal {
  file: string;
  /** Where the image is, if the file is the dump of a whole flash. */
  partition?: ReturnType<typeof partitionJson>;
  rule: RefusalRule;
  message: string;
}

/**
 * Reads the key that the options give.
 *
 * @param suffix "-b" for the options of a second image.
 * @throws {UsageError} If there are two.
 */
export async function readImageKey(
  files: FileReader,
  args: RawArgs,
  problems: Problems,
  suffix: "" | "-b" = "",
): Promise<ImageKey> {
  const keyFile = args.value(`key${suffix}`);
  const hmacFile = args.value(`hmac-key${suffix}`);
  const howToGive = `--key${suffix} FILE or --hmac-key${suffix} FILE`;
  if (keyFile !== undefined && hmacFile !== undefined) {
    throw new UsageError(
      `--key${suffix} and --hmac-key${suffix} exclude each other; give one of them`,
    );
  }
  if (keyFile !== undefined) {
    const keys = readKeyPartition(files, keyFile, problems)?.keys;
    return { howToGive, ...(keys && { keys }) };
  }
  const hmacKey = hmacFile === undefined ? undefined : readHmacKey(files, hmacFile, problems);
  return { howToGive, ...(hmacKey && { keys: await deriveXtsKeys(hmacKey) }) };
}

/** What an image may be. */
export const IMAGE_FILE: UserFileRules = {
  maxBytes: MAX_IMAGE_BYTES,
  wanted: "an NVS image or a flash dump",
};

/** Reads an image, or that of a flash dump; `undefined` after a problem. */
export function openImage(
  files: FileReader,
  file: string,
  key: ImageKey,
  problems: Problems,
  dump: DumpOptions,
  isEither = false,
): ImageView | ImageRefusal | undefined {
  const bytes = readInput(files, file, IMAGE_FILE, problems);
  const source = bytes && imageSource(file, bytes, dump, problems, isEither);
  if (source === undefined) return undefined;
  const view = viewImage(file, source.bytes, key);
  const { partition } = source;
  if (partition === undefined) return view;
  if (!isRefusal(view)) return { ...view, partition };
  return {
    ...view,
    partition: partitionJson(partition),
    message: `partition ${quoted(partition.label)} ${view.message}`,
  };
}

/** Decrypts and decodes the bytes of an image file, or says why they do not fit the key. */
export function viewImage(
  file: string,
  bytes: Uint8Array,
  { keys, isOptional = false, howToGive }: ImageKey,
): ImageView | ImageRefusal {
  const view = (isEncrypted: boolean, plain: Uint8Array): ImageView => ({
    file,
    sha256: hash("sha256", bytes, "hex"),
    isEncrypted,
    plain,
    decoded: decodePartition(plain, bytes),
  });
  if (keys === undefined) {
    if (!looksEncrypted(bytes)) return view(false, bytes);
    return {
      file,
      rule: "encrypted-without-key",
      message: `is encrypted; give its key with ${howToGive}`,
    };
  }
  const unlocked = unlockImage(bytes, keys);
  switch (unlocked.kind) {
    case "encrypted":
      return view(true, unlocked.plain);
    case "wrong-key":
      return {
        file,
        rule: "wrong-key",
        message: `is encrypted with another key: no entry makes sense; check ${howToGive}`,
      };
    case "plain":
      if (isOptional) return view(false, bytes);
      return {
        file,
        rule: "not-encrypted",
        message: "is not encrypted, but a key is given; if that is right, leave the key out",
      };
    case "blank":
      return view(false, bytes);
    default:
      throw new TypeError(`Cannot view an image that is "${unlocked satisfies never}"`);
  }
}

/** Whether an image was refused. */
export function isRefusal(image: ImageView | ImageRefusal): image is ImageRefusal {
  return "rule" in image;
}

/** Prints why images are not listed. */
export function reportRefused(
  host: Host,
  isJson: boolean,
  refusals: readonly ImageRefusal[],
): ExitCode {
  for (const { file, message } of refusals) host.printError(`${printable(file)}: ${message}\n`);
  if (isJson) {
    host.print(
      jsonText({ exit: EXIT.difference, problem_count: refusals.length, problems: refusals }),
    );
  }
  return EXIT.difference;
}
