/** XTS against the published vectors of IEEE 1619-2007, and against Web Crypto's AES. */

import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { hash } from "node:crypto";
import { BLOCK_SIZE, XtsCipher, type XtsKeys } from "../../src/crypto/xts.ts";
import { denoCommand, drawnBytes, isWindows, outcomeOf, seededRandom } from "../helpers.ts";

const KEYS: XtsKeys = {
  encryptionKey: Uint8Array.fromHex(
    "2718281828459045235360287471352662497757247093699959574966967627",
  ),
  tweakKey: Uint8Array.fromHex("3141592653589793238462643383279502884197169399375105820974944592"),
};

/** Plain text of vectors 10 to 14: 00 to FF, twice. */
const PLAIN = Uint8Array.from({ length: 512 }, (_, index) => index & 0xFF);

/**
 * Vectors 10 to 14 of IEEE 1619-2007, annex B: the data unit number, the first
 * 32 and the last 16 bytes as printed there, and the SHA-256 of all 512 (from
 * Python's `cryptography`, whose bytes are those of the annex).
 */
const VECTORS = [
  {
    number: 10,
    dataUnit: 0xFFn,
    start: "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b",
    end: "c4f36ffda9fcea70b9c6e693e148c151",
    sha256: "e97e974fa393af794f7a4684395814cf820de60a01eaec677d87b452e316b364",
  },
  {
    number: 11,
    dataUnit: 0xFFFFn,
    start: "77a31251618a15e6b92d1d66dffe7b50b50bad552305ba0217a610688eff7e11",
    end: "a4f9e27b42af8100cb9d59cef9645803",
    sha256: "def4fad29e95dfe1a24b1ad4620f86d7be094cced5b19e0b121aa82d9e6baf98",
  },
  {
    number: 12,
    dataUnit: 0xFFFFFFn,
    start: "e387aaa58ba483afa7e8eb469778317ecf4cf573aa9d4eac23f2cdf914e4e200",
    end: "2263a1eef52dd6888c309f5a7d712826",
    sha256: "8bf44861a081dd660d91ce615b5cdfb4d5df9d72c3025c12e67cc0ae097fa5d5",
  },
  {
    number: 13,
    dataUnit: 0xFFFFFFFFn,
    start: "bf53d2dade78e822a4d949a9bc6766b01b06a8ef70d26748c6a7fc36d80ae4c5",
    end: "4c82f335abb152c4a93411373aaa8220",
    sha256: "c706140a11affda7402234f5e6331eacbfeb687d8e80d83962691823bb3636f0",
  },
  {
    number: 14,
    dataUnit: 0xFFFFFFFFFFn,
    start: "64497e5a831e4a932c09be3e5393376daa599548b816031d224bbf50a818ed23",
    end: "d609d273ad5b0d59631c531f6a0a57b9",
    sha256: "afba71abc4e95b186d89a63a5437c1bafcfd1a18ca273970c534aba4f8d05282",
  },
] as const;

/** The 16-byte tweak of a data unit number, little-endian. */
function tweakOf(dataUnit: bigint): Uint8Array {
  const tweak = new Uint8Array(BLOCK_SIZE);
  new DataView(tweak.buffer).setBigUint64(0, dataUnit, true);
  return tweak;
}

for (const { number, dataUnit, start, end, sha256 } of VECTORS) {
  Deno.test(`IEEE 1619-2007, vector ${number}`, () => {
    const cipher = new XtsCipher(KEYS);
    const masks = cipher.masks(tweakOf(dataUnit), PLAIN.length);
    const data = new Uint8Array(PLAIN);
    cipher.encrypt(data, masks);
    assertEquals(data.subarray(0, 32).toHex(), start);
    assertEquals(data.subarray(-16).toHex(), end);
    assertEquals(hash("sha256", data, "hex"), sha256);
    cipher.decrypt(data, masks);
    assertEquals(data, PLAIN);
  });
}

Deno.test("all vectors in one call, as units one behind the other", () => {
  const cipher = new XtsCipher(KEYS);
  const tweaks = new Uint8Array(VECTORS.flatMap(({ dataUnit }) => [...tweakOf(dataUnit)]));
  const data = new Uint8Array(VECTORS.flatMap(() => [...PLAIN]));
  cipher.encrypt(data, cipher.masks(tweaks, PLAIN.length));
  for (const [index, { sha256 }] of VECTORS.entries()) {
    const unit = data.slice(index * PLAIN.length, (index + 1) * PLAIN.length);
    assertEquals(hash("sha256", unit, "hex"), sha256);
  }
});

/** One AES-256 block by Web Crypto: CBC with a zero IV; the second block is its padding. */
async function webCryptoBlock(key: Uint8Array, block: Uint8Array): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(key),
    "AES-CBC",
    false,
    ["encrypt"],
  );
  const iv = new Uint8Array(BLOCK_SIZE);
  const bytes = await crypto.subtle.encrypt(
    { name: "AES-CBC", iv },
    imported,
    new Uint8Array(block),
  );
  return new Uint8Array(bytes).slice(0, BLOCK_SIZE);
}

/** Times x in GF(2^128), as IEEE 1619 defines it: on a 128-bit little-endian number. */
function doubled(block: Uint8Array): Uint8Array {
  const value = block.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n) << 1n;
  const reduced = value >> 128n === 1n ? value ^ (1n << 128n) ^ 0x87n : value;
  return block.map((_, index) => Number(reduced >> BigInt(8 * index) & 0xFFn));
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ b[index]!);
}

Deno.test("each block is what Web Crypto's AES gives, for random keys and tweaks", async () => {
  const random = seededRandom(1619);
  const bytes = (sizeBytes: number) => drawnBytes(random, sizeBytes);
  for (let round = 0; round < 20; round++) {
    const keys = { encryptionKey: bytes(32), tweakKey: bytes(32) };
    const tweak = bytes(BLOCK_SIZE);
    const plain = bytes(5 * BLOCK_SIZE);
    const cipher = new XtsCipher(keys);
    const encrypted = new Uint8Array(plain);
    cipher.encrypt(encrypted, cipher.masks(tweak, plain.length));

    let mask = await webCryptoBlock(keys.tweakKey, tweak);
    for (let at = 0; at < plain.length; at += BLOCK_SIZE) {
      const block = plain.subarray(at, at + BLOCK_SIZE);
      const expected = xor(await webCryptoBlock(keys.encryptionKey, xor(block, mask)), mask);
      assertEquals(encrypted.subarray(at, at + BLOCK_SIZE), expected, `round ${round}, byte ${at}`);
      mask = doubled(mask);
    }
  }
});

Deno.test("bytes at an odd address are encrypted the same", () => {
  const cipher = new XtsCipher(KEYS);
  const masks = cipher.masks(tweakOf(7n), 64);
  const aligned = PLAIN.slice(0, 64);
  const shifted = new Uint8Array(65);
  shifted.set(aligned, 1);
  cipher.encrypt(aligned, masks);
  cipher.encrypt(shifted.subarray(1), masks);
  assertEquals(shifted.slice(1), aligned);
});

Deno.test("no data is encrypted to no data", () => {
  const cipher = new XtsCipher(KEYS);
  const data = new Uint8Array();
  cipher.encrypt(data, cipher.masks(new Uint8Array(), 32));
  assertEquals(data.length, 0);
});

for (
  const [name, use] of [
    [
      "15 bytes of data",
      (cipher: XtsCipher) => cipher.encrypt(new Uint8Array(15), new Uint8Array(16)),
    ],
    ["a tweak of 8 bytes", (cipher: XtsCipher) => cipher.masks(new Uint8Array(8), 16)],
    ["units of 20 bytes", (cipher: XtsCipher) => cipher.masks(new Uint8Array(16), 20)],
    [
      "too few masks",
      (cipher: XtsCipher) => cipher.decrypt(new Uint8Array(32), new Uint8Array(16)),
    ],
  ] as const
) {
  Deno.test(`${name} are refused`, () => {
    assertThrows(() => use(new XtsCipher(KEYS)), RangeError);
  });
}

for (
  const [name, keys] of [
    ["encryption", { ...KEYS, encryptionKey: new Uint8Array(16) }],
    ["tweak", { ...KEYS, tweakKey: new Uint8Array(33) }],
  ] as const
) {
  Deno.test(`a wrong size of the ${name} key is refused`, () => {
    assertThrows(() => new XtsCipher(keys), RangeError, "it must have 32");
  });
}

Deno.test({
  name: "many ciphers that are ended leave no memory behind",
  ignore: isWindows, // what is counted there is another memory
}, async () => {
  // A process of its own: other tests run in threads of this one.
  const [program, ...args] = denoCommand("tests/crypto/many_ciphers.ts");
  const child = new Deno.Command(program!, { args, stdout: "piped", stderr: "piped" }).spawn();
  const { code, stdout, stderr } = await outcomeOf(child);
  assertEquals(code, 0, stderr);
  // Ciphers that are not ended take 1.1 KB each, two or three of them here.
  const { ciphers, grownBytes } = JSON.parse(stdout);
  assertLess(grownBytes, ciphers * 1024);
});
