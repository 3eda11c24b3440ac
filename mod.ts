/**
 * ESP32 NVS partition images for other programs: make an image, encrypt it,
 * read and judge one, make and read key partitions. Everything here is pure:
 * bytes in, bytes out.
 *
 * The entries that {@linkcode decodePartition} returns are items that
 * {@linkcode encodePartition} takes, so that an image is edited as a list. What
 * they leave out are namespaces without a key, which `namespaces` has. A name
 * that is not UTF-8 is in escapes (`\\xff`), which are text to the encoder.
 *
 * A `sizeBytes` of 0x3000 or more leaves one page empty in reserve, which a
 * device needs to write; 0x1000 and 0x2000 are read-only partitions without it.
 *
 * ```ts
 * import {
 *   decodePartition,
 *   decryptImage,
 *   diffPartitions,
 *   encodeKeyPartition,
 *   encodePartition,
 *   encryptImage,
 *   newXtsKeys,
 * } from "@mfg-gen/mfg-gen";
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
 * const decoded = decodePartition(decryptImage(encrypted, keys));
 * assertEquals(decoded.entries.map(({ key, value }) => [key, value]), [
 *   ["serial", "SN-0001"],
 *   ["channel", 11n],
 *   ["mac", Uint8Array.fromHex("0102ab")],
 * ]);
 * assertEquals(decoded.findings, []);
 *
 * const edited = encodePartition(
 *   decoded.entries.map((old) => old.key === "channel" ? { ...old, type: "u8", value: 6 } : old),
 *   decoded, // its size and format version
 * );
 * assertEquals(diffPartitions(decoded, decodePartition(edited)), [{
 *   kind: "changed",
 *   namespace: "device",
 *   key: "channel",
 *   before: { type: "u8", value: 11n },
 *   after: { type: "u8", value: 6n },
 * }]);
 * ```
 *
 * @module
 */

export { encodePartition, PartitionFullError, type PartitionOptions } from "./src/nvs/partition.ts";
export { ItemSizeError } from "./src/nvs/placement.ts";
export type { Item, KeyItem, NamespaceItem } from "./src/nvs/item.ts";
export type { FloatingType, IntegerType, Value, ValueType } from "./src/nvs/value.ts";
export type { FormatVersion, PageState } from "./src/nvs/constants.ts";
export type { XtsKeys } from "./src/crypto/xts.ts";
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
export { diffPartitions, type KeyDifference, type PartitionContents } from "./src/nvs/diff.ts";
