/**
 * What a plan has to know of Espressif's chips. As `espefuse` 5.6.0 has it (its
 * tables of key purposes and blocks, by chip), which a test compares where that
 * is installed; the peripheral itself is `SOC_HMAC_SUPPORTED` of ESP-IDF.
 *
 * @module
 */

/** eFuse key blocks of a chip, and who may have them. */
export interface Chip {
  /** Blocks `BLOCK_KEY0` and on that keys of any purpose go to; 0 if there are no such blocks. */
  keyBlockCount: number;
  /** Whether it has the HMAC peripheral, which the HMAC scheme of NVS encryption needs. */
  hasHmac: boolean;
  /**
   * Key blocks that flash encryption may have taken, from `BLOCK_KEY0` on: the
   * bootloader takes the first free ones, two for a key of 256 bits.
   */
  flashEncryptionBlocks: number;
}

/** Of chips whose flash encryption has keys of 128 bits alone. */
const XTS_128: Chip = { keyBlockCount: 6, hasHmac: true, flashEncryptionBlocks: 1 };
/** Of those that also take keys of 256 bits. */
const XTS_256: Chip = { ...XTS_128, flashEncryptionBlocks: 2 };

/** Chips by the name that `esptool --chip` takes. */
export const CHIPS = {
  // Its blocks have fixed purposes: flash encryption has BLOCK1, secure boot BLOCK2.
  esp32: { keyBlockCount: 0, hasHmac: false, flashEncryptionBlocks: 0 },
  esp32c2: { keyBlockCount: 1, hasHmac: false, flashEncryptionBlocks: 1 },
  esp32c3: XTS_128,
  esp32c5: XTS_128,
  esp32c6: XTS_128,
  esp32c61: { ...XTS_128, hasHmac: false },
  esp32e22: XTS_256,
  esp32h2: XTS_128,
  esp32h21: XTS_128,
  esp32h4: XTS_256,
  esp32p4: XTS_256,
  esp32s2: XTS_256,
  esp32s3: XTS_256,
  esp32s31: { ...XTS_256, keyBlockCount: 5 },
} as const satisfies Record<string, Chip>;

/** Name of a chip. */
export type ChipName = keyof typeof CHIPS;

/** The chip that is meant, in any case and with hyphens, as esptool takes it: "ESP32-S3". */
export function chipNamed(text: string): ChipName | undefined {
  const name = text.toLowerCase().replaceAll("-", "");
  return Object.hasOwn(CHIPS, name) ? name as ChipName : undefined;
}

/** What keeps the HMAC key of a device from a block of a chip; `undefined` if nothing does. */
export function blockFault(
  chip: Chip,
  block: number,
  isFlashEncrypted: boolean,
): string | undefined {
  const { keyBlockCount, flashEncryptionBlocks } = chip;
  if (block >= keyBlockCount) return `is none of its blocks, 0 to ${keyBlockCount - 1}`;
  if (!isFlashEncrypted || block >= flashEncryptionBlocks) return undefined;
  return flashEncryptionBlocks === 1
    ? "holds the key of flash encryption, which takes the first block"
    : "may hold the key of flash encryption, which takes the first block, or two";
}
