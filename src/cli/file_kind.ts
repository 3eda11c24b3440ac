/**
 * What a file is, by its bytes: for whoever gives a command the wrong one.
 * Nothing of what is in the file goes into a message.
 *
 * @module
 */

import { HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { isKeyPartition } from "../crypto/key_partition.ts";
import { beginsLikeFirmware, flashEvidence, isDump } from "../flash/dump.ts";
import { DEFAULT_TABLE_OFFSET } from "../flash/partition.ts";
import { beginsLikeTable } from "../flash/table_binary.ts";
import { csvRecords } from "../input/csv_records.ts";
import { isNvsCsvHeader } from "../input/nvs_csv_header.ts";
import { isSchemaStart } from "../input/schema.ts";
import { SeparatorFinder } from "../input/separator.ts";
import { archiveName } from "../input/text_encoding.ts";
import { TextError, TextReader } from "../input/text_lines.ts";

/** What is told apart. */
export type FileKind =
  | "empty"
  | "erased"
  | "image"
  | "dump"
  | "key-partition"
  | "hmac-key"
  | "partition-table"
  | "firmware"
  | "archive"
  | "nvs-csv"
  | "configuration"
  | "csv"
  | "text";

/** Enough of a text to tell it by. */
const TEXT_BYTES = 64 * 1024;
// deno-lint-ignore no-control-regex
const NO_TEXT = /[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]/;

/** Tells what a file is; `undefined` if its bytes do not show it. */
export function fileKindOf(bytes: Uint8Array): FileKind | undefined {
  if (bytes.length === 0) return "empty";
  if (bytes.every((byte) => byte === 0xFF)) return "erased";
  if (isKeyPartition(bytes)) return "key-partition";
  const evidence = flashEvidence(bytes, DEFAULT_TABLE_OFFSET);
  if (evidence.hasNvsPage) return "image";
  if (evidence.table.kind !== "absent" && isDump(evidence)) return "dump";
  if (beginsLikeTable(bytes)) return "partition-table";
  if (beginsLikeFirmware(bytes)) return "firmware";
  if (archiveName(bytes) !== undefined) return "archive";
  return textKindOf(bytes) ?? (bytes.length === HMAC_KEY_SIZE ? "hmac-key" : undefined);
}

/** What kind of text it is; `undefined` if it is none. */
function textKindOf(bytes: Uint8Array): FileKind | undefined {
  const text = new TextReader([bytes.subarray(0, TEXT_BYTES)]);
  const separator = new SeparatorFinder((cells) => isNvsCsvHeader(cells) || isSchemaStart(cells));
  const lines = {
    get line() {
      return text.line;
    },
    next: () => {
      const line = text.next();
      if (line !== undefined && NO_TEXT.test(line)) throw new TextError("not-text", "", text.line);
      return line;
    },
  };
  try {
    const first = csvRecords(lines, { comments: true, separator }, () => {}).next();
    if (first.done) return "text";
    const { fields } = first.value;
    if (isNvsCsvHeader(fields)) return "nvs-csv";
    if (isSchemaStart(fields)) return "configuration";
    return fields.length > 1 ? "csv" : "text";
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return undefined;
  }
}

/** What a kind is called: "a key partition". */
function nameOf(kind: FileKind, bytes: Uint8Array): string {
  switch (kind) {
    case "empty":
      return "empty (0 bytes)";
    case "erased":
      return "erased (all 0xFF)";
    case "image":
      return "an NVS image";
    case "dump":
      return "a flash dump";
    case "key-partition":
      return "a key partition";
    case "hmac-key":
      return `an HMAC key by its size (${HMAC_KEY_SIZE} bytes)`;
    case "partition-table":
      return "a partition table";
    case "firmware":
      return "a firmware image (it begins with 0xE9)";
    case "archive":
      return archiveName(bytes) ?? "an archive";
    case "nvs-csv":
      return "an NVS CSV";
    case "configuration":
      return "a configuration";
    case "csv":
      return "a CSV";
    case "text":
      return "text";
    default:
      throw new TypeError(`Cannot name the kind "${kind satisfies never}"`);
  }
}

/**
 * Says what a file is that was given for an image or a dump, and which command
 * or option takes it; `undefined` if it may be an image.
 *
 * @param isDumpAsked Whether options say that it is a dump, so that its beginning proves nothing.
 */
export function noImageFault(bytes: Uint8Array, isDumpAsked: boolean): string | undefined {
  const kind = fileKindOf(bytes);
  if (kind === undefined) return undefined;
  const is = `is ${nameOf(kind, bytes)}, no NVS image`;
  switch (kind) {
    case "image":
    case "dump":
    case "erased": // as a device's partition is before its first start
      return undefined;
    case "empty":
      return "is empty; an NVS image has 4096 bytes or a multiple of it";
    case "key-partition":
      return `${is}; give it with --key FILE beside the image that it decrypts`;
    case "hmac-key":
      return `${is}; give it with --hmac-key FILE beside the image that it decrypts`;
    case "partition-table":
      return `${is}; give it with --partition-table FILE beside a flash dump`;
    case "firmware":
      if (isDumpAsked) return undefined;
      return `${is}, and has no partition table at 0x${DEFAULT_TABLE_OFFSET.toString(16)}; give ` +
        "an NVS image, or the dump of a whole flash, with --partition-table-offset N if its " +
        "table is elsewhere";
    case "archive":
      return `${is}; save its sheet as a CSV, which mfg_gen generate and mfg_gen image take`;
    case "nvs-csv":
      return `${is}; mfg_gen image makes an image of it`;
    case "configuration":
      return `${is}; mfg_gen generate makes images of it and its values`;
    case "csv":
      return `${is}; mfg_gen generate makes images of a configuration and its values, mfg_gen ` +
        "image one of an NVS CSV";
    case "text":
      return `${is}; give the .bin file that mfg_gen generate or mfg_gen image made`;
    default:
      throw new TypeError(`Cannot tell of a file that is "${kind satisfies never}"`);
  }
}

/** That a file is no partition table, and what it is, if that is known. */
export function noTable(bytes: Uint8Array): string {
  const kind = fileKindOf(bytes);
  const is = kind === undefined ? "is" : `is ${nameOf(kind, bytes)},`;
  const mend = kind === "csv" || kind === "text"
    ? 'a line of its CSV is like "nvs,data,nvs,0x9000,0x6000", with commas'
    : "give the binary one of the build, or its CSV";
  return `${is} no partition table; ${mend}`;
}

/**
 * Says what a file is that was given for a partition table, and does not begin
 * like a binary one; `undefined` if it may be a CSV of partitions.
 */
export function noTableFault(bytes: Uint8Array): string | undefined {
  const kind = fileKindOf(bytes);
  const isText = kind === "csv" || kind === "text";
  const [first, second] = bytes;
  if (isText && ((first === 0xFF && second === 0xFE) || (first === 0xFE && second === 0xFF))) {
    return "is UTF-16, which ESP-IDF's build does not read; save it as UTF-8";
  }
  const maybeText = isText || (kind === undefined && !bytes.includes(0));
  return maybeText ? undefined : noTable(bytes);
}

/**
 * Says what a file is that is no key of the kind that is wanted, to stand behind
 * what is wrong with it: "; this is …: …". Nothing if that is not known.
 *
 * @param wanted What the file should be.
 * @param otherOption The option that takes the other kind of key, if there is one.
 */
export function otherThanKey(
  bytes: Uint8Array,
  wanted: "key-partition" | "hmac-key" | "flash-encryption-key",
  otherOption: string | undefined,
): string {
  const kind = fileKindOf(bytes);
  if (kind === undefined || kind === "empty" || kind === "erased" || kind === wanted) return "";
  const isOtherKey = kind === "key-partition" || kind === "hmac-key";
  const mend = isOtherKey && otherOption !== undefined
    ? `give it with ${otherOption}`
    : wanted === "flash-encryption-key"
    ? "espsecure generate-flash-encryption-key makes a flash encryption key"
    : kind === "image"
    ? "give the key that it was encrypted with, as in the folder keys beside bin"
    : wanted === "hmac-key"
    ? `give the file of the ${HMAC_KEY_SIZE} bytes themselves`
    : "mfg_gen generate-key makes a key partition";
  return `; this is ${nameOf(kind, bytes)}: ${mend}`;
}
