/** `decrypt`: an encrypted image and its key partition to the plain image, or a reason why not. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decryptImage, encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import {
  type Files,
  filesIn,
  HAS_MODES,
  inTempFolder,
  pool,
  POOL_WIDTH,
  projectPath,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { flipped, KEY_PARTITION, KEYS, ramp } from "./key_files.ts";

const TESTDATA = projectPath("testdata");
const PLAIN = encodePartition([
  { namespace: "n", key: "s", type: "string", value: "secret" },
  { namespace: "n", key: "b", type: "blob", value: ramp(5000, 1) },
], { sizeBytes: 0x4000 });
const ENCRYPTED = encryptImage(PLAIN, KEYS);
const OTHER_KEY = encodeKeyPartition({
  encryptionKey: KEYS.tweakKey,
  tweakKey: KEYS.encryptionKey,
});
const BLANK = new Uint8Array(0x3000).fill(0xFF);

async function withFiles<T>(files: Files, use: (cwd: string) => Promise<T>): Promise<T> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in.bin": ENCRYPTED, "keys.bin": KEY_PARTITION, ...files });
    return await use(cwd);
  });
}

function decrypt(cwd: string, ...args: string[]) {
  return runProgram(["decrypt", ...args], { cwd });
}

function vector(path: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(join(TESTDATA, "vectors", path));
}

Deno.test("an image of Espressif's generator becomes what it makes without a key", async () => {
  const keyed = [
    ["all-types-inputkey", "in/keys.bin"],
    ["all-types-hmac", "out/keys/keys-Dev-1.bin"],
  ];
  for (const [name, keys] of keyed) {
    const image = vector(`${name}/out/bin/Dev-1.bin`);
    await withFiles(
      { "in.bin": image, "keys.bin": vector(`${name}/${keys}`) },
      async (cwd) => {
        const outcome = await decrypt(cwd, "in.bin", "keys.bin", "out.bin");
        assertEquals(outcome, {
          code: 0,
          stdout: "out.bin: 12288 bytes, not encrypted any more: keep it secret\n",
          stderr: "",
        });
        const plain = vector("all-types/out/bin/Dev-1.bin");
        assertEquals(Deno.readFileSync(join(cwd, "out.bin")), plain, name);
        assertEquals(Deno.readFileSync(join(cwd, "in.bin")), image);
      },
    );
  }
});

Deno.test("an image that a device has worn is decrypted too", async () => {
  const image = Deno.readFileSync(join(TESTDATA, "device-images", "worn-encrypted.bin"));
  const keys = Deno.readFileSync(join(TESTDATA, "device-images", "worn-encrypted.keys.bin"));
  await withFiles({ "in.bin": image, "keys.bin": keys }, async (cwd) => {
    assertEquals((await decrypt(cwd, "in.bin", "keys.bin", "out.bin", "--quiet")).code, 0);
    const { code, stdout } = await runProgram(["inspect", "out.bin", "--json"], { cwd });
    assertEquals([code, JSON.parse(stdout).findings], [0, []]);
  });
});

Deno.test("the plain image is for its owner alone, in a folder that is made if need be", async () => {
  await withFiles({}, async (cwd) => {
    const out = join("a", "b", "out.bin");
    const { code, stdout, stderr } = await decrypt(cwd, "in.bin", "keys.bin", out, "--json");
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout), {
      image: out,
      bytes: PLAIN.length,
      partition: null,
      notes: [],
    });
    assertEquals(Deno.readFileSync(join(cwd, out)), PLAIN);
    assertEquals(filesIn(cwd).length, 3, "a temporary file was left");
    if (HAS_MODES) assertEquals(Deno.statSync(join(cwd, out)).mode! & 0o777, 0o600);
  });
});

Deno.test("--quiet prints nothing; a damaged entry does not keep the others from being read", async () => {
  const damaged = flipped(ENCRYPTED, 64 + 32);
  await withFiles({ "in.bin": damaged }, async (cwd) => {
    const outcome = await decrypt(cwd, "in.bin", "keys.bin", "out.bin", "--quiet");
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    assertEquals(Deno.readFileSync(join(cwd, "out.bin")), decryptImage(damaged, KEYS));
  });
});

/** Other files, the arguments if they are others, and what standard error has to say. */
const REFUSED: readonly {
  name: string;
  files?: Files;
  args?: readonly string[];
  says: readonly (string | RegExp)[];
  exit?: number;
}[] = [
  {
    name: "another key",
    files: { "keys.bin": OTHER_KEY },
    says: ['keys.bin: does not fit "in.bin"; give the key it was encrypted with\n'],
  },
  {
    name: "a plain image",
    files: { "in.bin": PLAIN },
    says: ["in.bin: is not encrypted; there is nothing to decrypt\n"],
  },
  { name: "a blank image", files: { "in.bin": BLANK }, says: ["in.bin: is not encrypted"] },
  { name: "zeroes", files: { "in.bin": new Uint8Array(4096) }, says: ["in.bin: is not encrypted"] },
  {
    name: "a damaged key partition",
    files: { "keys.bin": flipped(KEY_PARTITION, 3) },
    says: ["keys.bin: has a wrong CRC; it is damaged, or no key partition\n"],
  },
  {
    name: "an HMAC key",
    files: { "keys.bin": ramp(32, 1) },
    says: [
      "keys.bin: has 32 bytes; a key partition has 4096; this is an HMAC key by its size (32 " +
      "bytes): give it with --hmac-key FILE\n",
    ],
  },
  {
    name: "an empty key partition",
    files: { "keys.bin": BLANK.subarray(0, 4096) },
    says: ["is empty"],
  },
  {
    name: "key and image in each other's place",
    args: ["keys.bin", "in.bin", "out.bin"],
    says: [
      "keys.bin: is a key partition, no NVS image; give it with --key FILE beside the image",
      "in.bin: has 16384 bytes; a key partition has 4096; this is an NVS image: give the key",
    ],
  },
  ...[100, 4097, ENCRYPTED.length - 1].map((size) => ({
    name: `an image of ${size} bytes`,
    files: { "in.bin": ENCRYPTED.subarray(0, size) },
    says: [`in.bin: has ${size} bytes; an image has a multiple of 4096\n`],
  })),
  {
    name: "an output that exists",
    files: { "out.bin": "x" },
    says: ["out.bin: exists already; choose another name, or move it away\n"],
  },
  { name: "a folder as output", files: { "out.bin/": "" }, says: ["out.bin: is a folder; name a"] },
  {
    name: "the input as output",
    args: ["in.bin", "keys.bin", "in.bin"],
    says: ["in.bin: exists already"],
  },
  {
    name: "everything at once",
    files: { "in.bin": new Uint8Array(5), "keys.bin": new Uint8Array(6), "out.bin": "x" },
    says: ["in.bin: has 5 bytes", "keys.bin: has 6 bytes", "out.bin: exists", /^3 problems; /m],
  },
  {
    name: "files that are not there",
    args: ["no.bin", "nokeys.bin", "out.bin"],
    says: [
      "no.bin: does not exist; check the path\n",
      "nokeys.bin: does not exist; check the path",
      /^2 problems/m,
    ],
  },
  {
    name: "a folder as image",
    args: [".", "keys.bin", "out.bin"],
    says: [".: is a folder; name an NVS image"],
  },
  { name: "a folder as key", args: ["in.bin", ".", "out.bin"], says: [".: "] },
  {
    name: "a missing argument",
    args: ["in.bin", "keys.bin"],
    says: [/^error: .*\nTry: /],
    exit: 2,
  },
  {
    name: "an option of another command",
    args: ["in.bin", "keys.bin", "out.bin", "--outdir", "x"],
    says: ["--outdir"],
    exit: 2,
  },
];

Deno.test("what cannot be decrypted is refused, and nothing is written", async (t) => {
  const results = await pool(
    REFUSED,
    POOL_WIDTH,
    ({ files = {}, args }) =>
      withFiles(files, async (cwd) => {
        const before = treeOf(cwd);
        const outcome = await decrypt(cwd, ...args ?? ["in.bin", "keys.bin", "out.bin"]);
        return { outcome, before, after: treeOf(cwd) };
      }),
  );
  for (const [index, { name, says, exit = 3 }] of REFUSED.entries()) {
    await t.step(name, () => {
      const { outcome: { code, stdout, stderr }, before, after } = results[index]!;
      assertEquals([code, stdout], [exit, ""], stderr);
      assertEquals(after, before, "something was written");
      for (const part of says) {
        if (typeof part === "string") assertStringIncludes(stderr, part);
        else assertMatch(stderr, part);
      }
    });
  }
});

Deno.test("--json of a refused run", async () => {
  await withFiles({ "keys.bin": OTHER_KEY }, async (cwd) => {
    const { code, stdout } = await decrypt(cwd, "in.bin", "keys.bin", "out.bin", "--json");
    const message = 'does not fit "in.bin"; give the key it was encrypted with';
    assertEquals([code, JSON.parse(stdout)], [3, {
      exit: 3,
      problem_count: 1,
      problem_kinds: [{ code: "wrong-key", total: 1 }],
      problems: [{ code: "wrong-key", file: "keys.bin", message }],
    }]);
  });
});
