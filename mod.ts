/**
 * ESP32 NVS partition images for other programs: make an image, encrypt it,
 * read and judge one, make and read key partitions. Everything here is pure:
 * bytes in, bytes out.
 *
 * A `sizeBytes` of 0x3000 or more leaves one page empty in reserve, which a
 * device needs to write; 0x1000 and 0x2000 are read-only partitions without it.
 *
 * ```ts
 * import {
 *   decodePartition,
 *   decryptImage,
 *   encodeKeyPartition,
 *   encodePartition,
 *   encryptImage,
 *   newXtsKeys,
 * } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const image = encodePartition([
 *   { namespace: "device", key: "serial", type: "string", value: "SN-0001" },
 *   { namespace: "device", key: "channel", type: "u8", value: 11 },
 *   { namespace: "device", key: "mac", type: "blob", value: Uint8Array.fromHex("0102ab") },
 * ], { sizeBytes: 0x3000 });
 * assertEquals(image.length, 0x3000);
 *
 * const keys = newXtsKeys((sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)));
 * const encrypted = encryptImage(image, keys); // to the partition "nvs"
 * const keyPartition = encodeKeyPartition(keys); // to the partition "nvs_keys"
 * assertEquals([encrypted.length, keyPartition.length], [0x3000, 0x1000]);
 *
 * const { entries, findings } = decodePartition(decryptImage(encrypted, keys));
 * assertEquals(entries.map(({ key, value }) => [key, value]), [
 *   ["serial", "SN-0001"],
 *   ["channel", 11n],
 *   ["mac", Uint8Array.fromHex("0102ab")],
 * ]);
 * assertEquals(findings, []);
 * ```
 *
 * @module
 */

export { encodePartition, PartitionFullError, type PartitionOptions } from "./src/nvs/partition.ts";
export { ItemSizeError } from "./src/nvs/placement.ts";
export type {
  BlobItem,
  IntegerItem,
  IntegerType,
  Item,
  NamespaceItem,
  StringItem,
} from "./src/nvs/item.ts";
export type { FormatVersion, PageState } from "./src/nvs/constants.ts";
export { XtsCipher, type XtsKeys } from "./src/crypto/xts.ts";
export { decryptImage, encryptImage } from "./src/crypto/image_cipher.ts";
export {
  decodeKeyPartition,
  encodeKeyPartition,
  KeyPartitionError,
  newXtsKeys,
  type RandomBytes,
} from "./src/crypto/key_partition.ts";
export { deriveXtsKeys } from "./src/crypto/hmac_scheme.ts";
export { decodePartition } from "./src/nvs/decode.ts";
export type {
  DecodedEntry,
  DecodedNamespace,
  DecodedPage,
  DecodedPartition,
  DecodedPlace,
  DecodedStats,
  DecodedType,
  DecodedValue,
  EntryCell,
  EntryCellKind,
  ErasedEntry,
  ErasedKind,
} from "./src/nvs/decoded.ts";
export {
  type Finding,
  FINDING_RULES,
  type FindingRule,
  type Remark,
  REMARK_RULES,
  type RemarkRule,
} from "./src/nvs/findings.ts";
export { looksEncrypted } from "./src/nvs/looks_encrypted.ts";
export {
  diffPartitions,
  type KeyDifference,
  type KeyedValue,
  type PartitionContents,
} from "./src/nvs/diff.ts";
