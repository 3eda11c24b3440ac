/** What the manifest says of each device's encryption: the hashes of its keys, and of given ones. */

import { assertEquals } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import {
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  manifestRows,
  succeed,
} from "../engine/batch.ts";
import { inTempFolder, writeFiles } from "../helpers.ts";

/** Files that a row names, or `given`, whose hash alone it has; "" for nothing. */
const RECORDED: Record<KeyKind, { encryption: string; keys: string; hmacKey: string }> = {
  plain: { encryption: "none", keys: "", hmacKey: "" },
  given: { encryption: "given", keys: "given", hmacKey: "" },
  derived: { encryption: "hmac-given", keys: "keys/keys-Dev-1.bin", hmacKey: "given" },
  fresh: { encryption: "own", keys: "keys/keys-Dev-1.bin", hmacKey: "" },
  freshHmac: {
    encryption: "hmac-own",
    keys: "keys/keys-Dev-1.bin",
    hmacKey: "keys/hmac-keys-Dev-1.bin",
  },
};

for (const [kind, { encryption, keys, hmacKey }] of Object.entries(RECORDED)) {
  Deno.test(`the row of a device with ${kind} keys has the encryption "${encryption}"`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(1));
      await succeed(generate(KEY_OPTIONS[kind as KeyKind]), cwd);
      const sha256Of = (file: string, given: string) => {
        if (file === "") return "";
        const path = file === "given" ? given : join("out", file);
        return hash("sha256", Deno.readFileSync(join(cwd, path)), "hex");
      };
      const [row] = manifestRows(join(cwd, "out"));
      assertEquals(row, {
        batch: row!.batch!,
        row: "1",
        file_id: "1",
        image: "bin/Dev-1.bin",
        image_bytes: String(0x3000),
        image_sha256: sha256Of("bin/Dev-1.bin", ""),
        keys: keys === "given" ? "" : keys,
        keys_sha256: sha256Of(keys, "keys.bin"),
        hmac_key: hmacKey === "given" ? "" : hmacKey,
        hmac_key_sha256: sha256Of(hmacKey, "hmac.bin"),
        encryption,
      });
    });
  });
}

Deno.test("an HMAC key under an absolute path is recorded by that path", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...batchFiles(1), "elsewhere/": "" });
    const keyFile = join(cwd, "elsewhere", "h.bin");
    const options = [...KEY_OPTIONS.freshHmac, "--kp_hmac_keyfile", keyFile];
    await succeed(generate(options), cwd);
    const [row] = manifestRows(join(cwd, "out"));
    const sha256 = hash("sha256", Deno.readFileSync(keyFile), "hex");
    assertEquals([row!.hmac_key, row!.hmac_key_sha256], [keyFile, sha256]);
    assertEquals([...Deno.readDirSync(join(cwd, "elsewhere"))].length, 1, "a temporary file");
    Deno.removeSync(join(cwd, "out/bin/Dev-1.bin"));
    await succeed(generate([...options, "--resume"]), cwd);
    assertEquals(manifestRows(join(cwd, "out")), [row!]);
  });
});
