/**
 * XTS-AES (IEEE 1619) on data units of whole 16-byte blocks. Knows nothing of
 * NVS, which has XTS-AES-256, nor of flash encryption, which has XTS-AES-128 too.
 *
 * Deno has no XTS, so it stands on the ECB ciphers of `node:crypto`: one native
 * call for all tweaks and one for all data, however many units there are.
 *
 * @module
 */

import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from "node:crypto";

/** Bytes of an AES block. */
export const BLOCK_SIZE = 16;
/** Bytes of each of the two keys of XTS-AES-256. */
export const XTS_KEY_SIZE = 32;
/** Bytes of each of the two keys of XTS-AES-128. */
export const XTS_128_KEY_SIZE = 16;

const ECB_OF_KEY_SIZE = {
  [XTS_KEY_SIZE]: "aes-256-ecb",
  [XTS_128_KEY_SIZE]: "aes-128-ecb",
} as const;

/** ECB takes none; older runtimes want an empty one, not `null`. */
const NO_IV = new Uint8Array();

/** The two keys of XTS-AES-256, 32 bytes each, or of XTS-AES-128, 16. They must not be equal. */
export interface XtsKeys {
  /** Key of the cipher. */
  encryptionKey: Uint8Array;
  /** Key of the tweaks. */
  tweakKey: Uint8Array;
}

/**
 * Encrypts and decrypts data units with one pair of keys. Who makes many says
 * `using`: the system's ciphers keep their memory until they are told to end.
 */
export class XtsCipher {
  readonly #tweakCipher: Cipheriv;
  readonly #encryptionKey: Uint8Array;
  readonly #ecb: typeof ECB_OF_KEY_SIZE[keyof typeof ECB_OF_KEY_SIZE];
  /** These two are made when they are needed: few need both. */
  #encryptor: Cipheriv | undefined;
  #decryptor: Decipheriv | undefined;

  /**
   * @param keySize Bytes of each key: those of XTS-AES-256, unless XTS-AES-128 is meant.
   * @throws {RangeError} If a key does not have as many.
   */
  constructor(keys: XtsKeys, keySize: keyof typeof ECB_OF_KEY_SIZE = XTS_KEY_SIZE) {
    for (const key of [keys.encryptionKey, keys.tweakKey]) {
      if (key.length !== keySize) {
        throw new RangeError(
          `Cannot use an XTS key of ${key.length} bytes: it must have ${keySize}`,
        );
      }
    }
    // ECB keeps no state between blocks, so one cipher object serves any number of calls.
    this.#ecb = ECB_OF_KEY_SIZE[keySize];
    this.#tweakCipher = createCipheriv(this.#ecb, keys.tweakKey, NO_IV);
    this.#encryptionKey = keys.encryptionKey;
  }

  /** Ends the ciphers; nothing can be encrypted or decrypted any more. */
  [Symbol.dispose](): void {
    for (const cipher of [this.#tweakCipher, this.#encryptor, this.#decryptor]) cipher?.final();
  }

  /**
   * The mask of every block of `tweaks.length / 16` data units, each of
   * `unitSize` bytes, whose 16-byte tweaks stand one behind the other.
   *
   * @throws {RangeError} If a length is not a multiple of 16.
   */
  masks(tweaks: Uint8Array, unitSize: number): Uint8Array<ArrayBuffer> {
    assertWholeBlocks(tweaks.length);
    assertWholeBlocks(unitSize);
    const unitCount = tweaks.length / BLOCK_SIZE;
    const first = this.#tweakCipher.update(tweaks);
    const masks = new Uint8Array(unitCount * unitSize);
    const words = new Uint32Array(masks.buffer);
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
    const wordsPerUnit = unitSize / 4;
    for (let unit = 0; unit < unitCount; unit++) {
      let word = unit * wordsPerUnit;
      for (let i = 0; i < 4; i++) words[word + i] = view.getUint32(unit * BLOCK_SIZE + i * 4, true);
      for (const end = word + wordsPerUnit; word + 4 < end; word += 4) doubleInto(words, word);
    }
    return masks;
  }

  /**
   * Encrypts `data` in place; `masks` comes from {@linkcode XtsCipher.masks}
   * and has at least as many bytes.
   */
  encrypt(data: Uint8Array, masks: Uint8Array): void {
    this.#encryptor ??= createCipheriv(this.#ecb, this.#encryptionKey, NO_IV);
    this.#apply(this.#encryptor, data, masks);
  }

  /** Decrypts `data` in place; the counterpart of {@linkcode XtsCipher.encrypt}. */
  decrypt(data: Uint8Array, masks: Uint8Array): void {
    if (this.#decryptor === undefined) {
      this.#decryptor = createDecipheriv(this.#ecb, this.#encryptionKey, NO_IV);
      this.#decryptor.setAutoPadding(false);
    }
    this.#apply(this.#decryptor, data, masks);
  }

  #apply(cipher: Cipheriv | Decipheriv, data: Uint8Array, masks: Uint8Array): void {
    assertWholeBlocks(data.length);
    if (masks.length < data.length) {
      throw new RangeError(`Cannot mask ${data.length} bytes with ${masks.length}`);
    }
    xorInto(data, data, masks);
    xorInto(data, cipher.update(data), masks);
  }
}

function assertWholeBlocks(sizeBytes: number): void {
  if (sizeBytes % BLOCK_SIZE !== 0) {
    throw new RangeError(`Cannot use ${sizeBytes} bytes with XTS: it takes whole blocks of 16`);
  }
}

/** Writes the block at `word`, times x in GF(2^128), behind it. Words are little-endian. */
function doubleInto(words: Uint32Array, word: number): void {
  let carry = words[word + 3]! >>> 31 === 1 ? 0x87 : 0;
  for (let i = 0; i < 4; i++) {
    const value = words[word + i]!;
    words[word + 4 + i] = (value << 1) ^ carry;
    carry = value >>> 31;
  }
}

function xorInto(target: Uint8Array, a: Uint8Array, b: Uint8Array): void {
  const { length } = target;
  if (isWordAligned(target) && isWordAligned(a) && isWordAligned(b)) {
    const t = words(target, length), x = words(a, length), y = words(b, length);
    for (let i = 0; i < t.length; i++) t[i] = x[i]! ^ y[i]!;
  } else {
    for (let i = 0; i < length; i++) target[i] = a[i]! ^ b[i]!;
  }
}

function isWordAligned(bytes: Uint8Array): boolean {
  return bytes.byteOffset % 4 === 0;
}

function words(bytes: Uint8Array, sizeBytes: number): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, sizeBytes / 4);
}
