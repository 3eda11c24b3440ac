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
import type { Partition } from "../flash/partition.ts";
import type { Problems } from "../problems/problems.ts";
import { decodePartition } from "../nvs/decode.ts";
import { looksEncrypted } from "../nvs/looks_encrypted.ts";
import type { FileReader } from "../ports/file_system.ts";
import { assertUserFolder, UserFileError, type UserFileRules } from "../files/user_file.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import type { Host } from "../ports/host.ts";
import { type ImageView, partitionJson } from "../report/image_view.ts";
import { keySearchFault, keySearchJson } from "../report/key_search_report.ts";
import { jsonText, printable, quoted } from "../report/text.ts";
import { type KeySearch, type SearchedKey, searchKey } from "../verify/key_search.ts";
import type { RawArgs } from "./args.ts";
import type { DumpOptions } from "./dump_options.ts";
import { EXIT, type ExitCode, UsageError } from "./exit_code.ts";
import { flagsOf } from "./flags.ts";
import { imageSource } from "./image_source.ts";
import { readHmacKey, readInput, readKeyPartition } from "./key_options.ts";

/** The key of an image. */
export interface ImageKey {
  /** Absent for a plain image, or if the key file has a problem. */
  keys?: XtsKeys;
  /** Finds it, if the user does not know it. */
  find?: (image: Uint8Array) => Promise<SearchedKey>;
  /** Whether the image may as well be plain: the key was given for another one. */
  isOptional?: boolean;
  /** How to give the key, for messages: "--key FILE or --hmac-key FILE". */
  howToGive: string;
  /** How else, if the user does not know it: ", or a folder of keys with --keys DIR". */
  howToFind?: string;
}

/** Why an image does not fit its key. */
export type RefusalRule =
  | "encrypted-without-key"
  | "wrong-key"
  | "not-encrypted"
  | "no-key-fits"
  | "ambiguous-keys";

/** An image that is not listed, because it would be garbage or is not what the user takes it for. */
export interface ImageRefusal {
  file: string;
  /** Where the image is, if the file is the dump of a whole flash. */
  partition?: ReturnType<typeof partitionJson>;
  rule: RefusalRule;
  message: string;
  /** How the key was searched for, as JSON has it. */
  keys?: ReturnType<typeof keySearchJson>;
}

/**
 * Reads the key that the options give.
 *
 * @param suffix "-b" for the options of a second image.
 * @throws {UsageError} If there are several.
 */
export async function readImageKey(
  host: Host,
  args: RawArgs,
  problems: Problems,
  suffix: "" | "-b" = "",
): Promise<ImageKey> {
  const keyFile = args.value(`key${suffix}`);
  const hmacFile = args.value(`hmac-key${suffix}`);
  const folder = suffix === "" ? args.value("keys") : undefined;
  const [one, other] = Object.entries({
    [`--key${suffix}`]: keyFile,
    [`--hmac-key${suffix}`]: hmacFile,
    "--keys": folder,
  }).filter(([, value]) => value !== undefined).map(([option]) => option);
  if (other !== undefined) {
    throw new UsageError(`${one} and ${other} exclude each other; give one of them`);
  }
  const canFind = flagsOf(args.command).some(({ name }) => name === "keys");
  const how = {
    howToGive: `--key${suffix} FILE or --hmac-key${suffix} FILE`,
    ...(canFind && { howToFind: ", or a folder of keys with --keys DIR" }),
  };
  const { files } = host;
  if (folder !== undefined) {
    if (!isKeyFolder(files, folder, problems)) return how;
    const pause = () => host.wait(0);
    return { ...how, find: (image) => searchKey(files, folder, image, pause) };
  }
  if (keyFile !== undefined) {
    const keys = readKeyPartition(files, keyFile, problems, `--hmac-key${suffix} FILE`)?.keys;
    return { ...how, ...(keys && { keys }) };
  }
  const hmacKey = hmacFile === undefined
    ? undefined
    : readHmacKey(files, hmacFile, problems, `--key${suffix} FILE`);
  return { ...how, ...(hmacKey && { keys: await deriveXtsKeys(hmacKey) }) };
}

function isKeyFolder(files: FileReader, folder: string, problems: Problems): boolean {
  try {
    assertUserFolder(files, folder, "a folder of key files");
    return true;
  } catch (error) {
    if (!(error instanceof UserFileError)) throw error;
    problems.add({ file: folder }, error.code, error.message);
    return false;
  }
}

/** What an image may be. */
export const IMAGE_FILE: UserFileRules = {
  maxBytes: MAX_IMAGE_BYTES,
  wanted: "an NVS image or a flash dump",
};

/** Reads an image, or that of a flash dump, and finds its key if need be; `undefined` after a problem. */
export async function openImage(
  files: FileReader,
  file: string,
  key: ImageKey,
  problems: Problems,
  dump: DumpOptions,
  isEither = false,
): Promise<ImageView | ImageRefusal | undefined> {
  const bytes = readInput(files, file, IMAGE_FILE, problems);
  const source = bytes && imageSource(file, bytes, dump, problems, isEither);
  if (source === undefined) return undefined;
  const view = await viewSource(file, source.bytes, key);
  const { partition } = source;
  if (partition === undefined) return view;
  return isRefusal(view) ? placedIn(partition, view) : { ...view, partition };
}

function placedIn(partition: Partition, refusal: ImageRefusal): ImageRefusal {
  return {
    ...refusal,
    partition: partitionJson(partition),
    message: `partition ${quoted(partition.label)} ${refusal.message}`,
  };
}

async function viewSource(
  file: string,
  bytes: Uint8Array,
  { find, ...key }: ImageKey,
): Promise<ImageView | ImageRefusal> {
  if (find === undefined) return viewImage(file, bytes, key);
  const { search, keys } = await find(bytes);
  const view = searchRefusal(file, search) ??
    viewImage(file, bytes, { ...key, ...(keys && { keys }) });
  return isRefusal(view) ? view : { ...view, keySearch: search };
}

/** Why a search does not lead to an image, of a dump's partition perhaps; `undefined` if it does. */
export function searchRefusal(
  file: string,
  search: KeySearch,
  partition?: Partition,
): ImageRefusal | undefined {
  const message = keySearchFault(search);
  if (message === undefined) return undefined;
  const rule = search.outcome === "ambiguous" ? "ambiguous-keys" : "no-key-fits";
  const refusal: ImageRefusal = { file, rule, message, keys: keySearchJson(search) };
  return partition === undefined ? refusal : placedIn(partition, refusal);
}

/** Decrypts and decodes the bytes of an image file, or says why they do not fit the key. */
export function viewImage(
  file: string,
  bytes: Uint8Array,
  { keys, isOptional = false, howToGive, howToFind = "" }: ImageKey,
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
      message: `is encrypted; give its key with ${howToGive}${howToFind}`,
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
