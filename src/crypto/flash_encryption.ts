/**
 * Flash encryption: bytes as the chip reads them through its flash cache at an
 * address, plain ⇄ encrypted. A programmer can then write them as they are, to
 * a chip whose key is known.
 *
 * ESP32-S2 and later have XTS-AES, the ESP32 a scheme of its own. Sources:
 * "Flash Encryption" of the ESP-IDF Programming Guide, "External Memory
 * Encryption and Decryption" of the chips' Technical Reference Manuals, and
 * the bytes of `espsecure encrypt-flash-data`, to which the tests hold this.
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { LITTLE_ENDIAN } from "../nvs/constants.ts";
import { isSameBytes } from "./same_bytes.ts";
import { BLOCK_SIZE, XTS_128_KEY_SIZE, XTS_KEY_SIZE, XtsCipher } from "./xts.ts";

/** How a chip encrypts its flash. */
export type FlashScheme = "esp32" | "xts-aes-128" | "xts-aes-256";

/** Bytes of the key of each scheme: that of AES-256, or the two of XTS. */
export const FLASH_KEY_SIZE = {
  "esp32": 32,
  "xts-aes-128": 2 * XTS_128_KEY_SIZE,
  "xts-aes-256": 2 * XTS_KEY_SIZE,
} as const satisfies Record<FlashScheme, number>;

/** The key of a chip. */
export interface FlashKey {
  scheme: FlashScheme;
  /** As `espsecure` and `espefuse` have it in a file; {@linkcode FLASH_KEY_SIZE} says how many. */
  bytes: Uint8Array;
}

/** What is wrong with a key; then, behind a semicolon, what would be right. No bytes of it. */
export function flashKeyFault({ scheme, bytes }: FlashKey): string | undefined {
  const sizeBytes = FLASH_KEY_SIZE[scheme];
  if (bytes.length !== sizeBytes) {
    return `has ${bytes.length} bytes; a key of the scheme ${scheme} has ${sizeBytes}`;
  }
  const half = sizeBytes / 2;
  if (scheme !== "esp32" && isSameBytes(bytes.subarray(0, half), bytes.subarray(half))) {
    return "has two equal halves; XTS needs two different keys";
  }
  return undefined;
}

/**
 * Encrypts bytes that are to stand at an address of the flash; they are not
 * changed themselves.
 *
 * @param plain Whole blocks of 16 bytes.
 * @param key Of the chip.
 * @param address Byte offset of the first one in the flash, a multiple of 16.
 * @returns As many bytes.
 * @throws {RangeError} If the key is none of its scheme, or address or size is no
 * multiple of 16 or beyond the flash: 16 MiB for the ESP32, 4 GiB for others.
 */
export function encryptFlash(
  plain: Uint8Array,
  key: FlashKey,
  address: number,
): Uint8Array<ArrayBuffer> {
  return applied("encrypt", plain, key, address);
}

/**
 * Decrypts bytes that were read from an address of the flash, past its
 * decryption; the counterpart of {@linkcode encryptFlash}, which says the same
 * of the arguments. Another key or address than theirs gives noise.
 *
 * @throws {RangeError} As {@linkcode encryptFlash} does.
 */
export function decryptFlash(
  encrypted: Uint8Array,
  key: FlashKey,
  address: number,
): Uint8Array<ArrayBuffer> {
  return applied("decrypt", encrypted, key, address);
}

type Direction = "encrypt" | "decrypt";

function applied(
  direction: Direction,
  data: Uint8Array,
  key: FlashKey,
  address: number,
): Uint8Array<ArrayBuffer> {
  const fault = flashKeyFault(key);
  if (fault !== undefined) throw new RangeError(`Cannot use a flash encryption key that ${fault}`);
  const { scheme, bytes } = key;
  switch (scheme) {
    case "esp32":
      assertInFlash(data, address, ESP32_FLASH_BYTES);
      return esp32Applied(direction, data, bytes, address);
    case "xts-aes-128":
    case "xts-aes-256":
      assertInFlash(data, address, XTS_FLASH_BYTES);
      return xtsApplied(direction, data, bytes, address);
    default:
      throw new TypeError(`Cannot encrypt a flash by "${scheme satisfies never}"`);
  }
}

function assertInFlash(data: Uint8Array, address: number, flashBytes: number): void {
  if (!Number.isInteger(address) || address < 0 || address + data.length > flashBytes) {
    throw new RangeError(
      `Cannot use ${data.length} bytes at flash address ${address}: it ends at ${flashBytes}`,
    );
  }
  for (const [what, value] of [["address", address], ["size", data.length]] as const) {
    if (value % BLOCK_SIZE !== 0) {
      throw new RangeError(`Cannot use the flash ${what} ${value}: it must be a multiple of 16`);
    }
  }
}

/** The tweak holds the address in 32 bits. */
const XTS_FLASH_BYTES = 2 ** 32;
/** Bytes of a data unit; its tweak is its address. */
const XTS_UNIT_SIZE = 0x80;

/**
 * The hardware takes a data unit as one large number, its last byte first. So
 * all of them are turned round at once, which also puts the last unit first.
 */
function xtsApplied(
  direction: Direction,
  data: Uint8Array,
  key: Uint8Array,
  address: number,
): Uint8Array<ArrayBuffer> {
  const leadBytes = address % XTS_UNIT_SIZE;
  const unitCount = Math.ceil((leadBytes + data.length) / XTS_UNIT_SIZE);
  const units = new Uint8Array(unitCount * XTS_UNIT_SIZE);
  units.set(data, leadBytes);

  const tweaks = new Uint8Array(unitCount * BLOCK_SIZE);
  const view = new DataView(tweaks.buffer);
  for (let unit = 0; unit < unitCount; unit++) {
    const unitAddress = address - leadBytes + unit * XTS_UNIT_SIZE;
    view.setUint32((unitCount - 1 - unit) * BLOCK_SIZE, unitAddress, LITTLE_ENDIAN);
  }

  const half = key.length / 2;
  const keys = { encryptionKey: key.subarray(0, half), tweakKey: key.subarray(half) };
  using cipher = new XtsCipher(keys, half === XTS_KEY_SIZE ? XTS_KEY_SIZE : XTS_128_KEY_SIZE);
  units.reverse();
  cipher[direction](units, cipher.masks(tweaks, XTS_UNIT_SIZE));
  return units.reverse().slice(leadBytes, leadBytes + data.length);
}

/** Its keys know 24 bits of an address. */
const ESP32_FLASH_BYTES = 2 ** 24;
/** Bytes that have one key. */
const ESP32_UNIT_SIZE = 32;
const ESP32_UNIT_BITS = 5;
const ESP32_ADDRESS_BITS = 24;

/**
 * Which address bit flips each of the 256 bits of the key, from the first
 * byte's highest one on. Each bit of the eFuse FLASH_CRYPT_CONF turns on one of
 * four groups: the address bits from the highest down three times, then from
 * one further down. ESP-IDF's bootloader sets all four.
 */
const ESP32_KEY_TWEAK: readonly number[] = [14, 12, 10, 8].flatMap((shortStart) =>
  [23, 23, 23, shortStart].flatMap((start) =>
    Array.from({ length: start - ESP32_UNIT_BITS + 1 }, (_, index) => start - index)
  )
);

/** For each address bit, the key bits that it flips, as 32 bytes. */
const ESP32_FLIPS: readonly Uint8Array[] = Array.from(
  { length: ESP32_ADDRESS_BITS },
  (_, addressBit) => {
    const flips = new Uint8Array(FLASH_KEY_SIZE.esp32);
    for (const [keyBit, flippedBy] of ESP32_KEY_TWEAK.entries()) {
      if (flippedBy === addressBit) flips[keyBit >> 3]! |= 0x80 >> (keyBit & 7);
    }
    return flips;
  },
);

/**
 * AES-256 in ECB, each block's last byte first, under a key that the address
 * changes every 32 bytes. The ESP32 uses AES the wrong way round: it decrypts to
 * encrypt.
 */
function esp32Applied(
  direction: Direction,
  data: Uint8Array,
  key: Uint8Array,
  address: number,
): Uint8Array<ArrayBuffer> {
  const result = reversedBlocks(data);
  const makeCipher = direction === "encrypt" ? createDecipheriv : createCipheriv;
  for (let at = 0; at < result.length;) {
    const unitAddress = address + at;
    const end = at + ESP32_UNIT_SIZE - unitAddress % ESP32_UNIT_SIZE;
    const unit = result.subarray(at, end);
    const cipher = makeCipher("aes-256-ecb", esp32KeyAt(key, unitAddress), NO_IV);
    cipher.setAutoPadding(false);
    result.set(cipher.update(unit), at);
    cipher.final(); // or its memory stays
    at = end;
  }
  return reversedBlocks(result);
}

/** ECB takes none. */
const NO_IV = new Uint8Array();

function esp32KeyAt(key: Uint8Array, address: number): Uint8Array {
  const changed = new Uint8Array(key);
  for (let bit = ESP32_UNIT_BITS; bit < ESP32_ADDRESS_BITS; bit++) {
    if ((address >> bit & 1) === 0) continue;
    const flips = ESP32_FLIPS[bit]!;
    for (let at = 0; at < changed.length; at++) changed[at]! ^= flips[at]!;
  }
  return changed;
}

/** Whole blocks, each with its bytes the other way round. */
function reversedBlocks(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const reversed = new Uint8Array(data);
  for (let at = 0; at < reversed.length; at += BLOCK_SIZE) {
    reversed.subarray(at, at + BLOCK_SIZE).reverse();
  }
  return reversed;
}
