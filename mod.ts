/**
 * ESP32 NVS partition images for other programs: make an image, encrypt it,
 * make and read key partitions. Everything here is pure: bytes in, bytes out.
 *
 * ```ts
 * import { encodeKeyPartition, encodePartition, encryptImage, newXtsKeys } from "./mod.ts";
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
export type { FormatVersion } from "./src/nvs/constants.ts";
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
