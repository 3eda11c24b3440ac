/** Keys that the program makes, and images encrypted with them. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { decodeKeyPartition, encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import {
  filesIn,
  HAS_MODES,
  inTempFolder,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { CONF, GENERATE } from "./bad_inputs.ts";
import { HMAC_KEY, KEY_PARTITION, KEYS } from "./key_files.ts";

const VALUES = "id,k\nA.1,1\nB.2,2\nC.3,3\n";
const IDS = ["A.1", "B.2", "C.3"];
const HMAC = ["--keygen", "--key_protect_hmac"];

interface Batch {
  cwd: string;
  stdout: string;
  /** All files below the output folder but the manifest. */
  files: string[];
  read(path: string): Uint8Array<ArrayBuffer>;
}

/** Runs `generate` in a folder that also holds the plain images of the same batch, in `plain/`. */
async function withBatch(
  options: readonly string[],
  use: (batch: Batch) => void | Promise<void>,
  values = VALUES,
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": CONF,
      "values.csv": values,
      "keys.bin": KEY_PARTITION,
      "hmac.bin": HMAC_KEY,
    });
    const common = ["--fileid", "id"];
    const plain = [...GENERATE.slice(0, 5), ...common, "--outdir", "plain"];
    assertEquals((await runProgram(plain, { cwd })).code, 0);
    const args = [...GENERATE, ...common, ...options];
    const { code, stdout, stderr } = await runProgram(args, { cwd });
    assertEquals([code, stderr], [0, ""]);
    const files = filesIn(join(cwd, "out")).filter((path) => !path.startsWith("manifest-"));
    const read = (path: string) => Deno.readFileSync(join(cwd, path));
    await use({ cwd, stdout, files, read });
  });
}

function assertDecrypts({ read }: Batch, id: string, keys: typeof KEYS): void {
  const encrypted = read(`out/bin/Dev-${id}.bin`);
  const plain = read(`plain/bin/Dev-${id}.bin`);
  assertNotEquals(encrypted, plain);
  assertEquals(decryptImage(encrypted, keys), plain, `image ${id}`);
}

/** Only the owner may read a key. */
function assertSecret({ cwd }: Batch, path: string): void {
  const { mode } = Deno.statSync(join(cwd, "out", path));
  if (HAS_MODES) assertEquals(mode! & 0o777, 0o600, path);
}

/** No key is in any text that the program wrote. */
function assertNotPrinted(batch: Batch, keys: readonly Uint8Array[]): void {
  const texts = [
    batch.stdout,
    ...filesIn(batch.cwd).filter((path) => path.endsWith(".csv"))
      .map((path) => new TextDecoder().decode(batch.read(path))),
  ];
  for (const text of texts) {
    for (const key of keys) {
      assert(!text.toLowerCase().includes(key.toHex().slice(0, 16)), "key bytes in a text");
      assert(!text.includes(key.toBase64().slice(0, 12)), "key bytes in a text");
    }
  }
}

Deno.test("--keygen: a key of its own for each image, also with dots in the file ids", async () => {
  await withBatch(["--keygen"], (batch) => {
    assertEquals(batch.files, [
      ...IDS.map((id) => `bin/Dev-${id}.bin`),
      ...IDS.map((id) => `csv/Dev-${id}.csv`),
      ...IDS.map((id) => `keys/keys-Dev-${id}.bin`),
    ]);
    const all: string[] = [];
    for (const id of IDS) {
      const path = `keys/keys-Dev-${id}.bin`;
      const keys = decodeKeyPartition(batch.read(`out/${path}`));
      all.push(keys.encryptionKey.toHex(), keys.tweakKey.toHex());
      assertDecrypts(batch, id, keys);
      assertSecret(batch, path);
      assertNotPrinted(batch, [keys.encryptionKey, keys.tweakKey]);
    }
    assertEquals(new Set(all).size, 2 * IDS.length);
  });
});

Deno.test("--inputkey: one given key, no key files", async () => {
  await withBatch(["--inputkey", "keys.bin"], (batch) => {
    assertEquals(batch.files.filter((path) => path.startsWith("keys/")), []);
    for (const id of IDS) assertDecrypts(batch, id, KEYS);
    assertNotPrinted(batch, [KEYS.encryptionKey, KEYS.tweakKey]);
    assert(!batch.stdout.includes("note:"), batch.stdout);
  });
});

Deno.test("--inputkey with --key_protect_hmac: the same, and a note that it has no effect", async () => {
  for (const options of [[], ["--kp_hmac_keygen"], ["--kp_hmac_inputkey", "hmac.bin"]]) {
    const all = ["--inputkey", "keys.bin", "--key_protect_hmac", ...options];
    await withBatch(all, (batch) => {
      assertMatch(batch.stdout, /^note: --key_protect_hmac has no effect with --inputkey$/m);
      assertEquals(batch.files.filter((path) => path.startsWith("keys/")), []);
      for (const id of IDS) assertDecrypts(batch, id, KEYS);
    });
  }
});

Deno.test("--kp_hmac_keygen: a fresh HMAC key and the keys derived from it, for each image", async () => {
  await withBatch([...HMAC, "--kp_hmac_keygen"], async (batch) => {
    assertEquals(batch.files.filter((path) => path.startsWith("keys/")), [
      ...IDS.map((id) => `keys/hmac-keys-Dev-${id}.bin`),
      ...IDS.map((id) => `keys/keys-Dev-${id}.bin`),
    ]);
    const all: string[] = [];
    for (const id of IDS) {
      const hmacKey = batch.read(`out/keys/hmac-keys-Dev-${id}.bin`);
      assertEquals(hmacKey.length, 32);
      const keys = await deriveXtsKeys(hmacKey);
      assertEquals(batch.read(`out/keys/keys-Dev-${id}.bin`), encodeKeyPartition(keys));
      assertDecrypts(batch, id, keys);
      assertSecret(batch, `keys/hmac-keys-Dev-${id}.bin`);
      assertSecret(batch, `keys/keys-Dev-${id}.bin`);
      assertNotPrinted(batch, [hmacKey, keys.encryptionKey, keys.tweakKey]);
      all.push(hmacKey.toHex());
    }
    assertEquals(new Set(all).size, IDS.length);
  });
});

Deno.test("--kp_hmac_inputkey: keys derived from the given HMAC key", async () => {
  await withBatch([...HMAC, "--kp_hmac_inputkey", "hmac.bin"], async (batch) => {
    const keys = await deriveXtsKeys(HMAC_KEY);
    assertEquals(
      batch.files.filter((path) => path.startsWith("keys/")),
      IDS.map((id) => `keys/keys-Dev-${id}.bin`),
    );
    for (const id of IDS) {
      assertDecrypts(batch, id, keys);
      assertEquals(batch.read(`out/keys/keys-Dev-${id}.bin`), encodeKeyPartition(keys));
    }
    assertNotPrinted(batch, [HMAC_KEY, keys.encryptionKey, keys.tweakKey]);
  });
});

for (
  const [name, path] of [
    ["line", "out/keys/line.bin"],
    ["line.bin", "out/keys/line.bin"],
    ["sub/line", "out/keys/sub/line.bin"],
  ] as const
) {
  Deno.test(`--kp_hmac_keyfile ${name}: the HMAC key is ${path}`, async () => {
    const options = [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", name];
    await withBatch(options, async (batch) => {
      const keys = await deriveXtsKeys(batch.read(path));
      assertDecrypts(batch, "A", keys);
      assertSecret(batch, path.slice("out/".length));
    }, "id,k\nA,1\n");
  });
}

Deno.test("--kp_hmac_keyfile with an absolute path is taken as it is, with a note", async () => {
  await inTempFolder(async (elsewhere) => {
    const path = join(elsewhere, "line.bin");
    const options = [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", path];
    await withBatch(options, async (batch) => {
      assertMatch(batch.stdout, /^note: ".*line\.bin" is absolute/m);
      const keys = await deriveXtsKeys(Deno.readFileSync(path));
      assertDecrypts(batch, "A", keys);
      assertEquals(batch.files, ["bin/Dev-A.bin", "csv/Dev-A.csv", "keys/keys-Dev-A.bin"]);
    }, "id,k\nA,1\n");
  });
});

Deno.test("--kp_hmac_keyfile with an absolute path that exists: refused, and it stays", async () => {
  await inTempFolder(async (cwd) => {
    const path = join(cwd, "elsewhere.bin");
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": "k\n1\n", "elsewhere.bin": HMAC_KEY });
    const before = treeOf(cwd);
    const options = [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", path];
    const { code, stderr } = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals(code, 3, stderr);
    assert(stderr.includes(`${path}: exists already`), stderr);
    assertEquals(treeOf(cwd), before);
  });
});

const KEY_NAME = String.raw`keys-\d\d-\d\d_\d\d-\d\d\.bin`;

for (
  const [options, patterns] of [
    [[], [`keys/${KEY_NAME}`]],
    [["--outdir", "out"], [`out/keys/${KEY_NAME}`]],
    [["--keyfile", "line-1"], ["keys/line-1.bin"]],
    [["--keyfile=line-1.bin"], ["keys/line-1.bin"]],
    [["--keyfile", "sub/k"], ["keys/sub/k.bin"]],
    [["--key_protect_hmac", "--kp_hmac_keygen"], [`keys/hmac-${KEY_NAME}`, `keys/${KEY_NAME}`]],
    [["--key_protect_hmac", "--kp-hmac-keygen", "--keyfile", "k"], [
      "keys/hmac-k.bin",
      "keys/k.bin",
    ]],
    [
      ["--key_protect_hmac", "--kp_hmac_keygen", "--keyfile", "k", "--kp_hmac_keyfile", "h"],
      ["keys/h.bin", "keys/k.bin"],
    ],
  ] as const
) {
  Deno.test(`generate-key ${options.join(" ")}: writes ${patterns.join(" and ")}`, async () => {
    await inTempFolder(async (cwd) => {
      const { code, stdout, stderr } = await runProgram(["generate-key", ...options], { cwd });
      assertEquals([code, stderr], [0, ""]);
      const files = filesIn(cwd);
      assertEquals(files.length, patterns.length);
      for (const [index, path] of files.entries()) {
        assertMatch(path, RegExp(`^${patterns[index]}$`));
        assertStringIncludes(withSlashes(stdout), path);
        const mode = Deno.statSync(join(cwd, path)).mode;
        if (HAS_MODES) assertEquals(mode! & 0o777, 0o600);
      }
      const [first, second] = files.map((path) => Deno.readFileSync(join(cwd, path)));
      const keys = decodeKeyPartition(second ?? first!);
      if (second !== undefined) assertEquals(await deriveXtsKeys(first!), keys);
      assert(!stdout.includes(keys.encryptionKey.toHex().slice(0, 16)));
    });
  });
}

Deno.test("generate-key with an absolute path writes there, with a note", async () => {
  await inTempFolder(async (cwd) => {
    const path = join(cwd, "else", "where.bin");
    const args = ["generate-key", "--outdir", "out", "--keyfile", path];
    const { code, stdout } = await runProgram(args, { cwd });
    assertEquals(code, 0);
    assertMatch(stdout, /^note: ".*where\.bin" is absolute, so it is not put below --outdir$/m);
    assertEquals(filesIn(cwd), ["else/where.bin"]);
  });
});

Deno.test("generate-key --json names the files", async () => {
  await inTempFolder(async (cwd) => {
    const hmac = ["--key_protect_hmac", "--kp_hmac_keygen", "--keyfile", "k", "--json"];
    const { code, stdout } = await runProgram(["generate-key", ...hmac], { cwd });
    assertEquals(code, 0);
    const { keys, hmac_key } = JSON.parse(stdout);
    assertEquals([keys, hmac_key], [join("keys", "k.bin"), join("keys", "hmac-k.bin")]);
  });
});
