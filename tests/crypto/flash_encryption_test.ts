/** Flash encryption against the bytes of Espressif's `espsecure`, and back. */

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  decryptFlash,
  encryptFlash,
  FLASH_KEY_SIZE,
  type FlashKey,
  flashKeyFault,
  type FlashScheme,
} from "../../src/crypto/flash_encryption.ts";
import { runEspTool, whyNoEspTools } from "../engine/esp_tools.ts";
import {
  drawnBytes,
  inTempFolder,
  pool,
  POOL_WIDTH,
  sameBytes,
  seededRandom,
  writeFiles,
} from "../helpers.ts";

const SCHEMES = Object.keys(FLASH_KEY_SIZE) as FlashScheme[];

/** `sizeBytes` bytes that count up from `start`. */
function counting(start: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => start + index);
}

const KEYS: Readonly<Record<FlashScheme, FlashKey>> = {
  "esp32": { scheme: "esp32", bytes: counting(0xA0, 32) },
  "xts-aes-128": { scheme: "xts-aes-128", bytes: counting(0xA0, 32) },
  "xts-aes-256": { scheme: "xts-aes-256", bytes: counting(0x40, 64) },
};

/** More than a data unit of any scheme. */
const PLAIN = Uint8Array.from({ length: 0xC0 }, (_, index) => index * 7 & 0xFF);

/**
 * Made by esptool 5.6.0 (PyPI), with the key's and the plain bytes in files:
 * `espsecure encrypt-flash-data --keyfile KEY --address ADDRESS --output OUT PLAIN`,
 * with `--aes-xts` for XTS. The second address of each is none of a data unit.
 */
const VECTORS: readonly [FlashScheme, number, string][] = [
  [
    "xts-aes-128",
    0x9000,
    "31a53dfcf694b589e8b38a766daa608370c3a16925d9474be2d00f410f86bf6bddea391b6b49d5f90ef8" +
    "cb3c786289762252c8afe5a769fac2430414129ea3623a50510d2a474590ee781217da6461e8303eaabd" +
    "2395712ad790dd2cbe77aa7949bc14fda0b4f94ae1ce236917908b90781a38a83045339d95870511b564" +
    "96ee1bb05b5a49dc1f6947246367c243d49143f24876baccc2c5f3b5d5ed05f72468661128a52e0625c7" +
    "9e8fc227608e528a271aef6876310012b0bf61f7f672b891",
  ],
  [
    "xts-aes-128",
    0x3fe030,
    "b155244a91440e0ad8f5adac1eff39ccb2580516d471c7421378565223c85e7c8700b339d0a0ff8b5206" +
    "938e5b1cc1ba9f74527539a2042072cc370bc52e4a2ddefc54136d114836a2c64ecedfd7ccf897e24041" +
    "57d9987d6283a289947a708fa17a8ec0c50b29d8643078d747fccad6ef7db53e21901f26187383292334" +
    "53242c69bf54df7c244094186e726ffd2f4ed411b13ff24d4498fbdac00de8b0cf9e8f7b03a26736edfc" +
    "8877013afe718123b34ade92f4d43769cb19b27298bce543",
  ],
  [
    "xts-aes-256",
    0x9000,
    "57b2a5fc0af37433bd2b841209e937a64b389d56f589ee36e7f8fa9ce4c2e3cf589424081aa75b2021a9" +
    "134ff8e66ba31eda543f8be8fadc0540e607818e8fe521a58bda30a8892913cde000a07f0b8b36a6a320" +
    "ebf1d211b9a8d5ab08e57bae92081de1122a47b2c471a9360969d8a480db9a8e91f6c26c741c062afcd4" +
    "91d0afb208411043c582e004de7c3c4798f5b18950527269971ebeb8b077ca60018c5b4786d258f1bd89" +
    "29249f09c8d8984b71f1188aad2ef784e217849c7129e472",
  ],
  [
    "xts-aes-256",
    0x1fff070,
    "2c538ba981d139748d4e756b6836d082b42c3b94c8b08862efe637206c437a03a5a95e340537379242c7" +
    "d06dea431af0fb764bcda558621f35f28065f3f96f3bda8bf8ceed75c2f4d131f38159c73d2e0e0d97bb" +
    "8878e4b69b564a237784876b7fd25a97bc839d25654f0980d7b2b764f1c2e22ea0525bc41d82ce6e77f6" +
    "fb7c69e510580ea3db1e99218df854ac0178fbc005c8bca630566f41343ac5afe3716e88b78932cd8377" +
    "39d2247763fd07293732f19983fba025bb700aa6668c3a56",
  ],
  [
    "esp32",
    0x9000,
    "92d79972f7a7b8275dc11c5ed61eacfa60ddddd5bf41be92c563da860ac34138af7e14400d04210cd08d" +
    "2fb006aee5007d2d51efa9b2d00cce6b04cd80bba5512b1cb6abf7594d7d3c1798c2b37dada7a6168859" +
    "690aee61fb068602dc9d81a8fe91ae9bcf5abb8e243dd92006ca04d2297ea3f98fb3f5cd3bab4ac4d72a" +
    "7d1b7b5228dc84553126ea44d847abfbb204fc32fa0ab4478d4979ca599c52398e4f591165e439e9187d" +
    "039d65f135a178062942375df6164de44ccdbd75930a0425",
  ],
  [
    "esp32",
    0xffff10,
    "9581b30ab78f7f4798ba7817d5252db45855058fde9c4c81760a1e4b4aa8734449f3d5c9b30f429797f2" +
    "9f7bc368b754768ac41d6915bd89c6d9657d89c7f44c91b7c0f44ec50e444f4df6b61fb26824e4309ec7" +
    "8a25d7dd35a0e4d11e3a4ffd539f302bc8f4fec9575785c9bed982745bfa2981c66efc7ca72714447b00" +
    "7f41d66a8e2d2883e9a1fdc94d28002e5367a8ca9f9f39f5b52ff4e2d6373491800552e8adca606b27b7" +
    "0fc38b705e7413af2971c677dc2a7cec1172267f8a84bb76",
  ],
];

for (const [scheme, address, encrypted] of VECTORS) {
  Deno.test(`${scheme} at 0x${address.toString(16)} gives the bytes of espsecure`, () => {
    const plain = new Uint8Array(PLAIN);
    assertEquals(encryptFlash(plain, KEYS[scheme], address).toHex(), encrypted);
    assertEquals(plain, PLAIN, "what is given is not changed");
    assertEquals(decryptFlash(Uint8Array.fromHex(encrypted), KEYS[scheme], address), PLAIN);
  });
}

/** Bytes of the flash of the largest chip of a scheme. */
const FLASH_BYTES: Readonly<Record<FlashScheme, number>> = {
  "esp32": 2 ** 24,
  "xts-aes-128": 2 ** 32,
  "xts-aes-256": 2 ** 32,
};

interface Drawn {
  key: FlashKey;
  address: number;
  plain: Uint8Array<ArrayBuffer>;
}

/** Keys, addresses and sizes by chance, the end of the flash among them. */
function drawn(scheme: FlashScheme, seed: number, count: number): Drawn[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const blockCount = 1 + Math.floor(random() * 40);
    const lastBlock = FLASH_BYTES[scheme] / 16 - blockCount;
    return {
      key: { scheme, bytes: drawnBytes(random, FLASH_KEY_SIZE[scheme]) },
      address: 16 * (index === 0 ? lastBlock : Math.floor(random() * lastBlock)),
      plain: drawnBytes(random, 16 * blockCount),
    };
  });
}

async function espsecure(
  folder: string,
  command: string,
  { key, address, plain }: Drawn,
): Promise<Uint8Array> {
  writeFiles(folder, { "key.bin": key.bytes, "in.bin": plain });
  const { code, stderr } = await runEspTool("espsecure", [
    command,
    ...(key.scheme === "esp32" ? [] : ["--aes-xts"]),
    ...["--keyfile", "key.bin", "--address", `0x${address.toString(16)}`],
    ...["--output", "out.bin", "in.bin"],
  ], folder);
  if (code !== 0) throw new Error(stderr);
  return Deno.readFileSync(join(folder, "out.bin"));
}

const unavailable = await whyNoEspTools();

for (const scheme of SCHEMES) {
  Deno.test({
    name: `${scheme}: espsecure gives the same for keys, addresses and sizes by chance`,
    ignore: unavailable !== undefined,
  }, async () => {
    await pool(drawn(scheme, 1, 12), POOL_WIDTH, (one) =>
      inTempFolder(async (folder) => {
        const { plain, key, address } = one;
        const encrypted = encryptFlash(plain, key, address);
        const where = `${plain.length} bytes at 0x${address.toString(16)}`;
        assertEquals(encrypted, await espsecure(folder, "encrypt-flash-data", one), where);
        const back = { ...one, plain: encrypted };
        assertEquals(await espsecure(folder, "decrypt-flash-data", back), plain, where);
      }));
  });

  Deno.test(`${scheme}: what was encrypted is decrypted, and its address matters`, () => {
    for (const { key, address, plain } of drawn(scheme, 2, 200)) {
      const encrypted = encryptFlash(plain, key, address);
      assertEquals(encrypted.length, plain.length);
      const where = `${plain.length} bytes at 0x${address.toString(16)}`;
      assertEquals(sameBytes(decryptFlash(encrypted, key, address), plain), true, where);
      const elsewhere = address < 0x80 ? address + 0x80 : address - 0x80;
      assertEquals(sameBytes(decryptFlash(encrypted, key, elsewhere), plain), false, where);
    }
  });

  Deno.test(`${scheme}: parts give the bytes of the whole`, () => {
    const key = KEYS[scheme];
    const address = 0x12340;
    const whole = encryptFlash(PLAIN, key, address);
    for (let at = 16; at < PLAIN.length; at += 16) {
      const [first, second] = [PLAIN.subarray(0, at), PLAIN.subarray(at)];
      const parts = [
        ...encryptFlash(first, key, address),
        ...encryptFlash(second, key, address + at),
      ];
      assertEquals(Uint8Array.from(parts), whole, `cut at ${at}`);
    }
  });

  Deno.test(`${scheme}: no bytes are encrypted to none`, () => {
    assertEquals(encryptFlash(new Uint8Array(), KEYS[scheme], 0x9000).length, 0);
  });

  for (
    const [name, sizeBytes, address] of [
      ["an address that is no multiple of 16", 16, 0x9008],
      ["a size that is no multiple of 16", 24, 0x9000],
      ["an address before the flash", 16, -16],
      ["a broken address", 16, 0.5],
      ["bytes beyond the flash", 32, FLASH_BYTES[scheme] - 16],
    ] as const
  ) {
    Deno.test(`${scheme}: ${name} is refused`, () => {
      for (const apply of [encryptFlash, decryptFlash]) {
        assertThrows(() => apply(new Uint8Array(sizeBytes), KEYS[scheme], address), RangeError);
      }
    });
  }

  Deno.test(`${scheme}: a key of another size is refused, without its bytes`, () => {
    for (const sizeBytes of [0, 16, 31, 33, 63, 65, 4096]) {
      const key = { scheme, bytes: new Uint8Array(sizeBytes).fill(7) };
      const fault = `has ${sizeBytes} bytes; a key of the scheme ${scheme} has ` +
        FLASH_KEY_SIZE[scheme];
      assertEquals(flashKeyFault(key), fault);
      assertThrows(() => encryptFlash(PLAIN, key, 0), RangeError, fault);
    }
  });

  Deno.test(`${scheme}: ${scheme === "esp32" ? "its" : "no"} key may have equal halves`, () => {
    const bytes = new Uint8Array(FLASH_KEY_SIZE[scheme]).fill(7);
    const fault = flashKeyFault({ scheme, bytes });
    if (scheme === "esp32") assertEquals(fault, undefined);
    else assertEquals(fault, "has two equal halves; XTS needs two different keys");
  });
}

Deno.test("the same key gives other bytes by another scheme of its size", () => {
  assertNotEquals(
    encryptFlash(PLAIN, KEYS["esp32"], 0x9000),
    encryptFlash(PLAIN, KEYS["xts-aes-128"], 0x9000),
  );
});
