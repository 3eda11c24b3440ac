/** The HMAC scheme against `node:crypto`, and Web Crypto's primitive against RFC 4231. */

import { assertEquals, assertRejects } from "@std/assert";
import { createHmac } from "node:crypto";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { drawnBytes, projectPath, seededRandom } from "../helpers.ts";

const text = (ascii: string) => new TextEncoder().encode(ascii);
const repeated = (byte: number, count: number) => new Uint8Array(count).fill(byte);

/** HMAC-SHA-256 of RFC 4231, section 4; case 5 is of a shortened output. */
const RFC_4231 = [
  {
    testCase: 1,
    key: repeated(0x0B, 20),
    data: text("Hi There"),
    hmac: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    testCase: 2,
    key: text("Jefe"),
    data: text("what do ya want for nothing?"),
    hmac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    testCase: 3,
    key: repeated(0xAA, 20),
    data: repeated(0xDD, 50),
    hmac: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    testCase: 4,
    key: Uint8Array.from({ length: 25 }, (_, index) => index + 1),
    data: repeated(0xCD, 50),
    hmac: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
  {
    testCase: 5,
    key: repeated(0x0C, 20),
    data: text("Test With Truncation"),
    hmac: "a3b6167473100ee06e0c796c2955552b",
  },
  {
    testCase: 6,
    key: repeated(0xAA, 131),
    data: text("Test Using Larger Than Block-Size Key - Hash Key First"),
    hmac: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    testCase: 7,
    key: repeated(0xAA, 131),
    data: text(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    hmac: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  },
] as const;

for (const { testCase, key, data, hmac } of RFC_4231) {
  Deno.test(`RFC 4231, case ${testCase}: Web Crypto and node:crypto`, async () => {
    const imported = await crypto.subtle.importKey(
      "raw",
      key,
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", imported, data)).toHex();
    assertEquals(signature.slice(0, hmac.length), hmac);
    assertEquals(createHmac("sha256", key).update(data).digest("hex"), signature);
  });
}

/** A key from a seed of four bytes, said eight times. */
function derivedBy(hmacKey: Uint8Array, seed: string): string {
  return createHmac("sha256", hmacKey).update(seed.repeat(8), "hex").digest("hex");
}

Deno.test("both keys are the HMACs of the two seeds", async () => {
  const random = seededRandom(4231);
  for (let round = 0; round < 20; round++) {
    const hmacKey = drawnBytes(random, 32);
    const { encryptionKey, tweakKey } = await deriveXtsKeys(hmacKey);
    assertEquals(encryptionKey.toHex(), derivedBy(hmacKey, "5a5abeae"));
    assertEquals(tweakKey.toHex(), derivedBy(hmacKey, "a5a5dece"));
  }
});

Deno.test("the key 00 01 … 1F gives what Python's hmac gives", async () => {
  const { encryptionKey, tweakKey } = await deriveXtsKeys(
    Uint8Array.from({ length: 32 }, (_, index) => index),
  );
  assertEquals(
    encryptionKey.toHex(),
    "813a141220ddb819f4d73d59fa3032ab9f592cc26a18cf1fde692f712b6a025c",
  );
  assertEquals(
    tweakKey.toHex(),
    "b20ad6b6ddd1658a6e14d1b5b726e42356adf4ff2f68fcd8826ac2908408addf",
  );
});

Deno.test("Espressif's key partition of a vector has these keys", async () => {
  const folder = projectPath("testdata/vectors/generate-key-hmac");
  const keys = await deriveXtsKeys(Deno.readFileSync(`${folder}/in/hmac.bin`));
  const partition = Deno.readFileSync(`${folder}/out/keys/k.bin`);
  assertEquals(partition.slice(0, 32), keys.encryptionKey);
  assertEquals(partition.slice(32, 64), keys.tweakKey);
});

for (const sizeBytes of [0, 16, 31, 33, 64]) {
  Deno.test(`an HMAC key of ${sizeBytes} bytes is refused`, async () => {
    await assertRejects(
      () => deriveXtsKeys(new Uint8Array(sizeBytes)),
      RangeError,
      `the HMAC key has ${sizeBytes} bytes, not 32`,
    );
  });
}
