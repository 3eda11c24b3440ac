/** `--flash-encryption-key`: which files are the key of which chip, and what is said of others. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openFlashEncryptionKeys } from "../../src/cli/flash_encryption_key.ts";
import type { ChipName } from "../../src/flash/chips.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { Problems } from "../../src/problems/problems.ts";
import { drawnBytes, type Files, inTempFolder, seededRandom, writeFiles } from "../helpers.ts";

const random = seededRandom(5);
const KEY_32 = drawnBytes(random, 32);
const KEY_64 = drawnBytes(random, 64);
const HALF = drawnBytes(random, 16);
const HEX = new TextEncoder().encode(KEY_32.toHex());
const MAKE = "; this is text: espsecure generate-flash-encryption-key makes a flash encryption key";

const files = new DenoFiles();

for (
  const [chip, bytes, scheme] of [
    ["esp32", KEY_32, "esp32"],
    ["esp32c3", KEY_32, "xts-aes-128"],
    ["esp32s3", KEY_32, "xts-aes-128"],
    ["esp32s3", KEY_64, "xts-aes-256"],
  ] as const
) {
  Deno.test(`${bytes.length} bytes are a key of the ${chip}: ${scheme}`, async () => {
    await inTempFolder((folder) => {
      writeFiles(folder, { "key.bin": bytes });
      const problems = new Problems();
      const keys = openFlashEncryptionKeys(files, join(folder, "key.bin"), chip, problems);
      assertEquals(problems.kept, []);
      assertEquals(keys?.isShared, true);
      assertEquals(keys?.of("Dev-1"), { scheme, bytes });
      assertEquals(keys?.of("Dev-2"), keys?.of("Dev-1"));
    });
  });
}

const REFUSED: readonly [string, ChipName, Uint8Array | undefined, string, string][] = [
  ["no file", "esp32", undefined, "file-missing", "does not exist; check the path"],
  [
    "64 bytes for the ESP32",
    "esp32",
    KEY_64,
    "key-file",
    "has 64 bytes; a flash encryption key of the esp32 has 32",
  ],
  [
    "64 bytes for a chip without XTS-AES-256",
    "esp32c6",
    KEY_64,
    "key-file",
    "has 64 bytes; a flash encryption key of the esp32c6 has 32",
  ],
  [
    "a byte short",
    "esp32s3",
    KEY_32.subarray(1),
    "key-file",
    "has 31 bytes; a flash encryption key of the esp32s3 has 32 or 64",
  ],
  [
    "no bytes",
    "esp32s3",
    new Uint8Array(),
    "key-file",
    "has 0 bytes; a flash encryption key of the esp32s3 has 32 or 64",
  ],
  [
    "hex digits for the ESP32",
    "esp32",
    HEX,
    "key-file",
    `has 64 bytes; a flash encryption key of the esp32 has 32${MAKE}`,
  ],
  [
    "hex digits as many as a key has bytes",
    "esp32s3",
    HEX,
    "key-file",
    "is text; a key file holds the key's bytes themselves",
  ],
  [
    "an erased file",
    "esp32",
    new Uint8Array(32).fill(0xFF),
    "key-file",
    "is 32 times the same byte; a key is random",
  ],
  [
    "equal halves",
    "esp32c3",
    Uint8Array.from([...HALF, ...HALF]),
    "key-file",
    "has two equal halves; XTS needs two different keys",
  ],
];

for (const [name, chip, bytes, code, message] of REFUSED) {
  Deno.test(`refused: ${name}`, async () => {
    await inTempFolder((folder) => {
      if (bytes !== undefined) writeFiles(folder, { "key.bin": bytes });
      const file = join(folder, "key.bin");
      const problems = new Problems();
      assertEquals(openFlashEncryptionKeys(files, file, chip, problems), undefined);
      assertEquals(problems.kept as unknown, [{ code, file, message }]);
    });
  });
}

Deno.test("a folder has a key for each device, and a problem for each that is missing or none", async () => {
  await inTempFolder((folder) => {
    const given: Files = {
      "Dev-1.bin": KEY_32,
      "Dev-2.bin": KEY_64,
      "Dev-3.bin": "x",
      "a.txt": "",
    };
    writeFiles(folder, given);
    const problems = new Problems();
    const keys = openFlashEncryptionKeys(files, folder, "esp32p4", problems)!;
    assertEquals(keys.isShared, false);
    assertEquals(keys.of("Dev-1"), { scheme: "xts-aes-128", bytes: KEY_32 });
    assertEquals(keys.of("Dev-2"), { scheme: "xts-aes-256", bytes: KEY_64 });
    assertEquals(problems.total, 0);
    assertEquals(keys.of("Dev-3"), undefined);
    assertEquals(keys.of("Dev-4"), undefined);
    assertEquals(problems.kept.map(({ code, file, message }) => [code, file, message]), [
      [
        "key-file",
        join(folder, "Dev-3.bin"),
        `has 1 bytes; a flash encryption key of the esp32p4 has 32 or 64${MAKE}`,
      ],
      [
        "file-missing",
        join(folder, "Dev-4.bin"),
        "does not exist; the folder needs a key for each device, called as its image",
      ],
    ]);
  });
});
