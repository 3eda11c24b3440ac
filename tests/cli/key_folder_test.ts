/** `--keys DIR` of `inspect`, `diff` and `decrypt`: the key of an image, found among many. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import {
  type Files,
  inTempFolder,
  isWindows,
  runProgram,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { assertLinear, TIMES } from "../linear_time.ts";
import { flashDump, partition, tableBytes } from "../flash/dumps.ts";
import { HMAC_KEY, KEY_PARTITION, KEYS, ramp } from "./key_files.ts";

const isRoot = !isWindows && Deno.uid() === 0;
const PLAIN = encodePartition([
  { namespace: "n", key: "s", type: "string", value: "SN-0001" },
], { sizeBytes: 0x3000 });
const LATER = encodePartition([
  { namespace: "n", key: "s", type: "string", value: "SN-0002" },
], { sizeBytes: 0x3000 });
const OTHER_KEYS = { encryptionKey: ramp(32, 9), tweakKey: ramp(32, 90) };
const FILES: Files = {
  "plain.bin": PLAIN,
  "a.bin": encryptImage(PLAIN, KEYS),
  "b.bin": encryptImage(LATER, await deriveXtsKeys(HMAC_KEY)),
  "other.bin": encryptImage(PLAIN, OTHER_KEYS),
  "other-keys.bin": encodeKeyPartition(OTHER_KEYS),
  "keys/junk.txt": "no key",
  "keys/lot-1/hmac-keys.bin": HMAC_KEY,
  "keys/lot-1/keys.bin": KEY_PARTITION,
  "keys/lot-2/copy.bin": KEY_PARTITION,
  "keys/lot-2/wrong.bin": ramp(32, 200),
  "keys/lot-2/zeroes.bin": new Uint8Array(4096),
  "wrong-keys/wrong.bin": ramp(32, 200),
  "wrong-keys/junk.txt": "no key",
  "empty/": "",
};

async function run(args: readonly string[], files: Files = FILES) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    const { code, stdout, stderr } = await runProgram(args, { cwd });
    // In JSON a backslash is two.
    const slashed = args.includes("--json") ? stdout.replaceAll("\\\\", "/") : withSlashes(stdout);
    return { code, stdout: slashed, stderr: withSlashes(stderr) };
  });
}

const A_KEY = "key: keys/lot-1/keys.bin, a key partition (4 key files tried, 2 hold this key)\n";
const B_KEY = "key: keys/lot-1/hmac-keys.bin, an HMAC key (4 key files tried, 1 fits)\n";
const NOT_NEEDED = "note: not encrypted, so --keys is not needed\n";

Deno.test("inspect --keys names the file that fits, in any format", async () => {
  const text = await run(["inspect", "a.bin", "--keys", "keys"]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertStringIncludes(text.stdout, `, encrypted, 3 of 378 entries used\n${A_KEY}\nNAMESPACE`);
  assertStringIncludes(text.stdout, '"SN-0001"');

  const json = await run(["inspect", "b.bin", "--keys=keys", "--json"]);
  assertEquals([json.code, JSON.parse(json.stdout).image.keys], [0, {
    folder: "keys",
    outcome: "found",
    fitting: [{ file: "keys/lot-1/hmac-keys.bin", kind: "hmac_key", files_with_this_key: 1 }],
    tried: 4,
    skipped: 2,
    unreadable: 0,
  }]);

  const csv = await run(["inspect", "b.bin", "--keys", "keys", "--csv"]);
  assertEquals([csv.code, csv.stderr], [0, B_KEY]);
  assertMatch(
    csv.stdout,
    /^key,type,encoding,value\r\nn,namespace,,\r\ns,data,string,SN-0002\r\n$/,
  );
});

Deno.test("inspect --keys --html: the page has the file that fits, and no key", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, FILES);
    const args = ["inspect", "a.bin", "--keys", "keys", "--html", "a.html"];
    assertEquals((await runProgram(args, { cwd })).code, 0);
    const page = withSlashes(Deno.readTextFileSync(join(cwd, "a.html")));
    assertMatch(page, /<dt>Key<\/dt>\s*<dd>keys\/lot-1\/keys.bin, a key partition \(4 key files/);
    for (const key of [KEYS.encryptionKey, KEYS.tweakKey]) assert(!page.includes(key.toHex()));
  });
});

Deno.test("diff --keys finds the key of each image; --key-b is for the second alone", async () => {
  const difference =
    '~ n/s: string "SN-0001" -> "SN-0002"\n1 difference: 0 added, 0 removed, 1 changed\n';
  const cases: [string[], number, string][] = [
    [["a.bin", "b.bin"], 5, `a.bin: ${A_KEY}b.bin: ${B_KEY}${difference}`],
    [["a.bin", "plain.bin"], 0, `a.bin: ${A_KEY}plain.bin: ${NOT_NEEDED}no differences\n`],
    [
      ["a.bin", "other.bin", "--key-b", "other-keys.bin"],
      0,
      `a.bin: ${A_KEY}no differences\n`,
    ],
    [
      ["plain.bin", "b.bin", "--hmac-key-b", "keys/lot-1/hmac-keys.bin"],
      5,
      `plain.bin: ${NOT_NEEDED}${difference}`,
    ],
  ];
  for (const [args, code, stdout] of cases) {
    assertEquals(await run(["diff", ...args, "--keys", "keys"]), { code, stdout, stderr: "" });
  }
  const { stdout } = await run(["diff", "a.bin", "b.bin", "--keys", "keys", "--json"]);
  const { a, b } = JSON.parse(stdout);
  assertEquals(
    [a, b].map(({ keys }) => keys.fitting[0].file),
    ["keys/lot-1/keys.bin", "keys/lot-1/hmac-keys.bin"],
  );
});

Deno.test("decrypt takes a key partition, an HMAC key or a folder of keys", async () => {
  const done = "out.bin: 12288 bytes, not encrypted any more: keep it secret\n";
  const cases: [string[], Uint8Array, string][] = [
    [["a.bin", "keys/lot-1/keys.bin", "out.bin"], PLAIN, done],
    [["a.bin", "out.bin", "--key", "keys/lot-1/keys.bin"], PLAIN, done],
    [["--hmac-key", "keys/lot-1/hmac-keys.bin", "b.bin", "out.bin"], LATER, done],
    [["a.bin", "out.bin", "--keys", "keys"], PLAIN, done + A_KEY],
    [["b.bin", "--keys=keys", "out.bin"], LATER, done + B_KEY],
  ];
  for (const [args, plain, stdout] of cases) {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, FILES);
      const outcome = await runProgram(["decrypt", ...args], { cwd });
      assertEquals([outcome.code, withSlashes(outcome.stdout), outcome.stderr], [0, stdout, ""]);
      assertEquals(Deno.readFileSync(join(cwd, "out.bin")), plain);
    });
  }
  const json = await run(["decrypt", "b.bin", "out.bin", "--keys", "keys", "--json"]);
  const { image, bytes, keys, notes } = JSON.parse(json.stdout);
  assertEquals([image, bytes, keys.outcome, keys.tried, notes], ["out.bin", 12288, "found", 4, []]);
});

Deno.test("the partition of a flash dump has its key found as an image has", async () => {
  const place = partition("fctry", 0x30000, 0x3000);
  const dump = flashDump({
    table: tableBytes([place]),
    contents: [[place.offset, FILES["a.bin"] as Uint8Array]],
  });
  const files = { ...FILES, "dump.bin": dump };
  const named = 'dump.bin, partition "fctry" at 0x30000';
  const inspected = await run(["inspect", "dump.bin", "--keys", "keys"], files);
  assertEquals([inspected.code, inspected.stderr], [0, ""]);
  assertMatch(
    inspected.stdout,
    RegExp(`^${named}: 12288 bytes, .*, encrypted, .*\\nkey: keys/lot-1/k`),
  );
  const compared = await run(["diff", "a.bin", "dump.bin", "--keys", "keys"], files);
  assertEquals([compared.code, compared.stderr], [0, ""]);
  assertStringIncludes(compared.stdout, `\na.bin: ${A_KEY}${named}: ${A_KEY}no differences\n`);
  const decrypted = await run(["decrypt", "dump.bin", "out.bin", "--keys", "keys"], files);
  assertEquals([decrypted.code, decrypted.stderr], [0, ""]);
  assertStringIncludes(
    decrypted.stdout,
    `${A_KEY}note: it is partition "fctry" at 0x30000 of dump`,
  );
  for (const command of [["inspect", "dump.bin"], ["decrypt", "dump.bin", "out.bin"]]) {
    const { code, stderr } = await run([...command, "--keys", "wrong-keys"], files);
    assertEquals(code, 5);
    assertMatch(stderr, /^dump.bin: partition "fctry" is encrypted, and no key fits of 1 key file/);
  }
});

Deno.test("a plain image is read as plain, with a note; decrypt has nothing to do", async () => {
  const text = await run(["inspect", "plain.bin", "--keys", "keys"]);
  assertEquals(text.code, 0);
  assertStringIncludes(text.stdout, `, not encrypted, 3 of 378 entries used\n${NOT_NEEDED}\n`);
  const json = await run(["inspect", "plain.bin", "--keys", "keys", "--json"]);
  const { outcome, fitting } = JSON.parse(json.stdout).image.keys;
  assertEquals([outcome, fitting], ["not-encrypted", []]);
  const { code, stderr } = await run(["decrypt", "plain.bin", "out.bin", "--keys", "keys"]);
  assertEquals(code, 3);
  assertMatch(stderr, /^plain.bin: is not encrypted; there is nothing to decrypt\n1 problem;/);
});

Deno.test("no key fits: exit 5 with the counts, and nothing is written", async () => {
  const commands = [
    ["inspect", "a.bin", "--html", "out.html"],
    ["decrypt", "a.bin", "out.bin"],
    ["diff", "plain.bin", "a.bin"],
  ];
  const says = 'a.bin: is encrypted, and no key fits of 1 key file below "wrong-keys" ' +
    "(1 file skipped); give the folder with the keys of its batch\n";
  for (const command of commands) {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, FILES);
      const outcome = await runProgram([...command, "--keys", "wrong-keys"], { cwd });
      assertEquals(outcome, { code: 5, stdout: "", stderr: says });
      const written = [...Deno.readDirSync(cwd)].filter(({ name }) => name.startsWith("out"));
      assertEquals(written, []);
    });
  }
  const json = await run(["decrypt", "a.bin", "out.bin", "--keys", "wrong-keys", "--json"]);
  const { exit, problem_count, problems: [{ rule, keys }] } = JSON.parse(json.stdout);
  assertEquals([exit, problem_count, rule], [5, 1, "no-key-fits"]);
  assertEquals([keys.outcome, keys.tried, keys.skipped], ["none", 1, 1]);
  const empty = await run(["inspect", "a.bin", "--keys", "empty"]);
  assertEquals(empty.code, 5);
  assertStringIncludes(empty.stderr, 'is encrypted, and no key file is below "empty" (0 files');
});

Deno.test("two different keys that fit are refused, and both are named", async () => {
  // A page of the one, a page of the other: no program writes such an image.
  const two = encodePartition(
    Array.from({ length: 2 }, (_, index) => ({
      namespace: "n",
      key: `b${index}`,
      type: "blob" as const,
      value: ramp(3000, index),
    })),
    { sizeBytes: 0x3000 },
  );
  const image = encryptImage(two, KEYS);
  image.set(encryptImage(two, OTHER_KEYS).subarray(0x1000, 0x2000), 0x1000);
  const files = { "a.bin": image, "k/1.bin": KEY_PARTITION, "k/2.bin": FILES["other-keys.bin"]! };
  const { code, stdout, stderr } = await run(["inspect", "a.bin", "--keys", "k"], files);
  assertEquals([code, stdout], [5, ""]);
  assertEquals(
    stderr,
    'a.bin: fits different keys, those of "k/1.bin" and "k/2.bin"; give the right one by --key or --hmac-key\n',
  );
});

Deno.test("folders and options that are wrong have the statuses of the README", async () => {
  const cases: [string[], number, RegExp][] = [
    [["inspect", "a.bin", "--keys", "gone"], 3, /^gone: does not exist; check the path\n1 problem/],
    [
      ["inspect", "a.bin", "--keys", "a.bin"],
      3,
      /^a.bin: is no folder; name a folder of key files/,
    ],
    [["inspect", "plain.bin", "--keys", "gone"], 3, /^gone: does not exist/],
    [["diff", "a.bin", "b.bin", "--keys", "gone"], 3, /^gone: does not exist/],
    [
      ["decrypt", "gone.bin", "a.bin", "--keys", "gone"],
      3,
      /^gone.bin: .*\ngone: .*\na.bin: exists/,
    ],
    [
      ["inspect", "a.bin", "--keys", "keys", "--key", "x"],
      2,
      /--key and --keys exclude each other/,
    ],
    [["diff", "a.bin", "b.bin", "--keys", "k", "--hmac-key", "x"], 2, /--hmac-key and --keys excl/],
    [["decrypt", "a.bin", "o", "--keys", "k", "--hmac-key", "x"], 2, /--hmac-key and --keys excl/],
    [
      ["decrypt", "a.bin", "k", "o", "--keys", "keys"],
      2,
      /key is given twice, by "k" and by --keys/,
    ],
    [["decrypt", "a.bin", "k", "o", "--key", "k"], 2, /key is given twice, by "k" and by --key;/],
    [["decrypt", "a.bin", "o"], 2, /no key is given; put the key partition between in and out, or/],
    [["decrypt", "a.bin"], 2, /missing: out \(plain image to write\)/],
    [["decrypt", "a", "b", "c", "d"], 2, /argument "d" is one too many; decrypt takes in keys out/],
    [["decrypt", "a.bin", "", "o", "--keys", "keys"], 2, /keys is empty; give it a value/],
    [["inspect", "a.bin", "--keys"], 2, /--keys needs DIR/],
    [["verify", "a", "b", "c", "0x3000", "--keys", "k"], 2, /option --keys is unknown/],
  ];
  for (const [args, expected, message] of cases) {
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stdout], [expected, ""], `${args.join(" ")}: ${stderr}`);
    assertMatch(stderr, message);
  }
});

Deno.test("help shows which argument may be left out", async () => {
  const { stdout } = await run(["decrypt", "--help"], {});
  assertStringIncludes(stdout, "usage: mfg_gen decrypt in [keys] out [options]\n");
});

Deno.test({
  name: "files and folders that may not be read: the others are tried, and a note says so",
  ignore: Deno.build.os === "windows" || isRoot,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...FILES, "keys/closed/x.bin": KEY_PARTITION, "keys/a.bin": HMAC_KEY });
    for (const path of ["keys/closed", "keys/a.bin"]) Deno.chmodSync(join(cwd, path), 0);
    const { code, stdout } = await runProgram(["inspect", "a.bin", "--keys", "keys"], { cwd });
    Deno.chmodSync(join(cwd, "keys/closed"), 0o700);
    assertEquals(code, 0);
    assertStringIncludes(
      stdout,
      `${A_KEY}note: 2 of the files and folders could not be read, the first "keys/a.bin": `,
    );
  });
});

const KEY_FILES = 10_000;

Deno.test(`of ${KEY_FILES} key files the last one fits: found in time that grows as their number`, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "a.bin": FILES["a.bin"]! });
    const counts = [KEY_FILES / TIMES, KEY_FILES] as const;
    for (const count of counts) {
      Deno.mkdirSync(join(cwd, `keys-${count}`));
      for (let number = 1; number < count; number++) {
        const key = crypto.getRandomValues(new Uint8Array(64));
        const [encryptionKey, tweakKey] = [key.subarray(0, 32), key.subarray(32)];
        const bytes = number % 2 === 0
          ? encryptionKey
          : encodeKeyPartition({ encryptionKey, tweakKey });
        Deno.writeFileSync(join(cwd, `keys-${count}/keys-${number}.bin`), bytes);
      }
      Deno.writeFileSync(join(cwd, `keys-${count}/last.bin`), KEY_PARTITION);
    }
    await assertLinear(async (which) => {
      const count = counts[which];
      const { code, stdout } = await runProgram(
        ["inspect", "a.bin", "--keys", `keys-${count}`],
        { cwd },
      );
      assertEquals(code, 0);
      assertStringIncludes(
        withSlashes(stdout),
        `\nkey: keys-${count}/last.bin, a key partition (${count} key files tried, 1 fits)\n`,
      );
    });
  });
});
