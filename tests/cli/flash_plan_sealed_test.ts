/** `flash-plan --flash-encryption-key`: key partitions that are encrypted before they are written. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { decryptFlash, type FlashScheme } from "../../src/crypto/flash_encryption.ts";
import { runEspTool, whyNoEspTools } from "../engine/esp_tools.ts";
import { drawnBytes, HAS_MODES, seededRandom, writeFiles } from "../helpers.ts";
import { withBatch } from "./flash_plan_lab.ts";

/** Where the table has the keys. */
const OFFSET = 0xD000;
const random = seededRandom(11);
const CHIPS: readonly [chip: string, scheme: FlashScheme, key: Uint8Array][] = [
  ["esp32", "esp32", drawnBytes(random, 32)],
  ["esp32c3", "xts-aes-128", drawnBytes(random, 32)],
  ["esp32s3", "xts-aes-256", drawnBytes(random, 64)],
];

for (const [chip, scheme, bytes] of CHIPS) {
  for (const mode of ["development", "release"]) {
    Deno.test(`${chip}, ${mode}: the key partition is encrypted by ${scheme}, and written as it is`, async () => {
      await withBatch("fresh", async ({ cwd, plan, text }) => {
        writeFiles(cwd, { "flash.key": bytes });
        const options = ["--flash-encryption", mode, "--flash-encryption-key", "flash.key"];
        const { code, stdout, stderr } = await plan("--chip", chip, ...options);
        assertEquals([code, stderr], [0, ""]);
        assertStringIncludes(stdout, "encrypted before");
        for (const name of ["Dev-1", "Dev-2", "Dev-3"]) {
          const path = join(cwd, `plan/${name}.nvs_keys.bin`);
          const sealed = Deno.readFileSync(path);
          const plain = Deno.readFileSync(join(cwd, `out/keys/keys-${name}.bin`));
          assertEquals(decryptFlash(sealed, { scheme, bytes }, OFFSET), plain);
          if (HAS_MODES) assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
          const args = text(`plan/${name}.esptool.args`);
          assertStringIncludes(args, `\n0xd000 ${name}.nvs_keys.bin\n`);
          assert(!args.includes("--encrypt"), args);
          assert(!args.includes("keys-Dev"), args);
          const sums = text(`plan/${name}.sha256`);
          assertStringIncludes(sums, `${hash("sha256", sealed, "hex")}  ${name}.nvs_keys.bin\n`);
        }
      });
    });
  }
}

const noTools = await whyNoEspTools();

Deno.test({ name: "espsecure decrypts them", ignore: noTools !== undefined }, async () => {
  for (const [chip, scheme, bytes] of CHIPS) {
    await withBatch("fresh", async ({ cwd, plan }) => {
      writeFiles(cwd, { "flash.key": bytes });
      const options = ["--flash-encryption", "release", "--flash-encryption-key", "flash.key"];
      assertEquals((await plan("--chip", chip, ...options)).code, 0);
      const { code, stdout, stderr } = await runEspTool("espsecure", [
        "decrypt-flash-data",
        ...(scheme === "esp32" ? [] : ["--aes-xts"]),
        ...["--keyfile", "flash.key", "--address", "0xd000", "--output", "plain.bin"],
        "plan/Dev-2.nvs_keys.bin",
      ], cwd);
      assertEquals(code, 0, stdout + stderr);
      const plain = Deno.readFileSync(join(cwd, "plain.bin"));
      assertEquals(plain, Deno.readFileSync(join(cwd, "out/keys/keys-Dev-2.bin")));
    });
  }
});

Deno.test("a folder with a key a device; the images of a programmer hold what was encrypted", async () => {
  await withBatch("fresh", async ({ cwd, plan }) => {
    const keys = ["Dev-1", "Dev-2", "Dev-3"].map((name) => [name, drawnBytes(random, 64)] as const);
    for (const [name, bytes] of keys) writeFiles(cwd, { [`flash/${name}.bin`]: bytes });
    const options = ["--flash-encryption", "release", "--flash-encryption-key", "flash"];
    const { code, stderr } = await plan(...options, "--format", "bin");
    assertEquals(code, 0, stderr);
    for (const [name, bytes] of keys) {
      const image = Deno.readFileSync(join(cwd, `plan/${name}.bin`));
      const start = image.length - 0x1000; // the keys come last, behind the gap of phy_init
      const sealed = image.slice(start);
      assertEquals(start, OFFSET - 0x9000);
      const plain = decryptFlash(sealed, { scheme: "xts-aes-256", bytes }, OFFSET);
      assertEquals(plain, Deno.readFileSync(join(cwd, `out/keys/keys-${name}.bin`)));
      assertEquals(sealed, Deno.readFileSync(join(cwd, `plan/${name}.nvs_keys.bin`)));
    }
  });
});

Deno.test("HMAC keys in release mode: the flash encryption key has nothing to do, and is no fault", async () => {
  await withBatch("freshHmac", async ({ cwd, plan, text }) => {
    writeFiles(cwd, { "flash.key": CHIPS[2]![2] });
    const options = ["--flash-encryption", "release", "--flash-encryption-key", "flash.key"];
    const { code, stderr } = await plan(...options, "--hmac-block", "4");
    assertEquals(code, 0, stderr);
    assert(!text("plan/Dev-1.esptool.args").includes("nvs_keys"));
  });
});
