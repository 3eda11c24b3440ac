/**
 * The key partition (`nvs_keys`): 4096 bytes holding the two XTS keys, their
 * CRC-32, and 0xFF to the end.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { LITTLE_ENDIAN, PAGE_SIZE } from "../nvs/constants.ts";
import { nvsCrc32 } from "../nvs/crc32.ts";
import { XTS_KEY_SIZE, type XtsKeys } from "./xts.ts";

/** Bytes of a key partition. */
export const KEY_PARTITION_SIZE = PAGE_SIZE;
const KEYS_SIZE = 2 * XTS_KEY_SIZE;
const CRC_OFFSET = KEYS_SIZE;

/** Thrown when bytes are not a key partition that a device would accept. */
export class KeyPartitionError extends TypeError {
  /** "KeyPartitionError" */
  override name = "KeyPartitionError";
}

/**
 * Makes the 4096-byte key partition of two keys.
 *
 * @throws {RangeError} If a key does not have 32 bytes.
 */
export function encodeKeyPartition(keys: XtsKeys): Uint8Array<ArrayBuffer> {
  for (const key of [keys.encryptionKey, keys.tweakKey]) {
    if (key.length !== XTS_KEY_SIZE) {
      throw new RangeError(`Cannot store an XTS key of ${key.length} bytes: it must have 32`);
    }
  }
  const partition = new Uint8Array(KEY_PARTITION_SIZE).fill(0xFF);
  partition.set(keys.encryptionKey, 0);
  partition.set(keys.tweakKey, XTS_KEY_SIZE);
  const crc = nvsCrc32(partition.subarray(0, KEYS_SIZE));
  new DataView(partition.buffer).setUint32(CRC_OFFSET, crc, LITTLE_ENDIAN);
  return partition;
}

/**
 * Reads the keys of a key partition.
 *
 * @throws {KeyPartitionError} If the size, the CRC or what fills the rest is
 * wrong, or both keys are equal. The message never holds key bytes.
 */
export function decodeKeyPartition(partition: Uint8Array): XtsKeys {
  if (partition.length !== KEY_PARTITION_SIZE) {
    throw new KeyPartitionError(
      `has ${partition.length} bytes; a key partition has ${KEY_PARTITION_SIZE}`,
    );
  }
  const keys = partition.subarray(0, KEYS_SIZE);
  if (partition.every((byte) => byte === 0xFF)) {
    throw new KeyPartitionError("is empty (all 0xFF); a key partition holds two keys");
  }
  const view = new DataView(partition.buffer, partition.byteOffset, partition.byteLength);
  if (view.getUint32(CRC_OFFSET, LITTLE_ENDIAN) !== nvsCrc32(keys)) {
    throw new KeyPartitionError("has a wrong CRC; it is damaged, or no key partition");
  }
  const encryptionKey = keys.slice(0, XTS_KEY_SIZE);
  const tweakKey = keys.slice(XTS_KEY_SIZE);
  if (timingSafeEqual(encryptionKey, tweakKey)) {
    throw new KeyPartitionError("has two equal halves; XTS needs two different keys");
  }
  return { encryptionKey, tweakKey };
}

/** Whether bytes are a whole key partition. */
export function isKeyPartition(bytes: Uint8Array): boolean {
  if (bytes.length !== KEY_PARTITION_SIZE) return false;
  try {
    decodeKeyPartition(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof KeyPartitionError)) throw error;
    return false;
  }
}

/** Fills `sizeBytes` from the system's cryptographic source; tests bring their own. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

/** Makes two fresh, different keys. */
export function newXtsKeys(randomBytes: RandomBytes): XtsKeys {
  const encryptionKey = randomBytes(XTS_KEY_SIZE);
  const tweakKey = randomBytes(XTS_KEY_SIZE);
  if (timingSafeEqual(encryptionKey, tweakKey)) {
    throw new Error("Cannot make XTS keys: the random source gave the same 32 bytes twice");
  }
  return { encryptionKey, tweakKey };
}
