/** `edit`: keys set and removed, everything else as it was, and nothing in place. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  decodePartition,
  decryptImage,
  deriveXtsKeys,
  encodePartition,
  encryptImage,
  type Item,
  type KeyItem,
} from "../../mod.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { applyEdits } from "../../src/nvs/edit.ts";
import {
  DIFFERENCE,
  inTempFolder,
  REJECTED,
  runProgram,
  seededRandom,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { deviceImages } from "../nvs/test_images.ts";
import { assertRefused } from "./bad_inputs.ts";
import { edited, valuesOf } from "./edit_run.ts";
import { HMAC_KEY, KEY_PARTITION } from "./key_files.ts";

const ITEMS: Item[] = [
  { namespace: "a", key: "level", type: "u8", value: 1 },
  { namespace: "a", key: "name", type: "string", value: "old" },
  { namespace: "b", key: "cert", type: "blob", value: new Uint8Array(5000).fill(7) },
  { namespace: "b", key: "a:b=c", type: "i32", value: -5 },
];
const SIZE = { sizeBytes: 0x4000 };

Deno.test("edit sets, adds and removes keys; everything else stays", async () => {
  const image = encodePartition(ITEMS, SIZE);
  const before = valuesOf(image);
  const { code, stdout, stderr, image: after } = await edited(
    image,
    [
      ["--set", "a:level:u16=300", "--set=a:new:string==x:y=", "--unset", "a:name"],
      ["--set", "b:a:b=c:i64=0x10", "--set", "c:hex:hex2bin=00ff", "--set", "a:neg:i8=-3"],
    ].flat(),
  );
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^out\.bin: 16384 bytes, \d+ of 378 entries used; 5 keys set, 1 removed\n$/);
  const { "a/name": _, ...rest } = before;
  assertEquals(valuesOf(after!), {
    ...rest,
    "a/level": ["u16", 300n],
    "a/new": ["string", "=x:y="],
    "a/neg": ["i8", -3n],
    "b/a:b=c": ["i64", 16n],
    "c/hex": ["blob", Uint8Array.of(0, 255)],
  });
});

Deno.test("edit with the value that is there gives the same bytes, in both formats", async () => {
  for (const formatVersion of [1, 2] as const) {
    const items = ITEMS.map((item) =>
      item.type === "blob" ? { ...item, value: item.value.subarray(0, 1000) } : item
    );
    const image = encodePartition(items, { ...SIZE, formatVersion });
    const { code, image: after } = await edited(image, ["--set", "a:level:u8=1"]);
    assertEquals(code, 0);
    assertEquals(after, image);
  }
});

Deno.test("a namespace stays when its last key goes", async () => {
  const image = encodePartition(
    [...ITEMS, { namespace: "only", key: "k", type: "u8", value: 1 }],
    SIZE,
  );
  const { image: after } = await edited(image, ["--unset", "only:k"]);
  assertEquals(decodePartition(after!).namespaces.map(({ name }) => name), ["a", "b", "only"]);
});

Deno.test("values from files, and text that begins with @", async () => {
  const { code, image } = await edited(
    encodePartition(ITEMS, SIZE),
    [
      ["--set", "a:secret:string=@secret.txt", "--set", "a:raw:binary=@raw.bin"],
      ["--set", "a:at:string=@@home", "--set", "a:hex:hex2bin=@hex.txt"],
    ].flat(),
    { "secret.txt": "pass word", "raw.bin": Uint8Array.of(0, 1, 255), "hex.txt": "0a0b" },
  );
  assertEquals(code, 0);
  const values = valuesOf(image!);
  assertEquals(values["a/secret"], ["string", "pass word"]);
  assertEquals(values["a/raw"], ["blob", Uint8Array.of(0, 1, 255)]);
  assertEquals(values["a/at"], ["string", "@home"]);
  assertEquals(values["a/hex"], ["blob", Uint8Array.of(10, 11)]);
});

Deno.test("an encrypted image stays encrypted, under its keys", async () => {
  const plain = encodePartition(ITEMS, SIZE);
  for (
    const [option, file, keys] of [
      ["--key", KEY_PARTITION, decodeKeyPartition(KEY_PARTITION)],
      ["--hmac-key", HMAC_KEY, await deriveXtsKeys(HMAC_KEY)],
    ] as const
  ) {
    const encrypted = encryptImage(plain, keys);
    const { code, stdout, image } = await edited(
      encrypted,
      ["--set", "a:level:u8=9", option, "k.bin"],
      { "k.bin": file },
    );
    assertEquals(code, 0);
    assertMatch(stdout, /16384 bytes, encrypted, /);
    assertEquals(valuesOf(decryptImage(image!, keys))["a/level"], ["u8", 9n]);
    // But for the changed entry, the ciphertext is what it was.
    const expected = encodePartition(
      ITEMS.map((item) => item.type === "u8" ? { ...item, value: 9 } : item),
      SIZE,
    );
    assertEquals(image, encryptImage(expected, keys));

    const without = await edited(encrypted, ["--set", "a:level:u8=9"]);
    assertEquals([without.code, without.image], [DIFFERENCE, undefined]);
    assertMatch(without.stderr, /is encrypted; give its key with --key FILE or --hmac-key FILE/);
    const other = await edited(encrypted, ["--set", "a:level:u8=9", "--hmac-key", "k.bin"], {
      "k.bin": new Uint8Array(32).fill(3),
    });
    assertEquals([other.code, other.image], [DIFFERENCE, undefined]);
  }
});

Deno.test("worn images of devices: all other values stay", async () => {
  for (const { name, stored, image: plain } of deviceImages()) {
    if (stored !== plain) continue; // encrypted ones are above
    const before = valuesOf(plain);
    const { code, stderr, image } = await edited(plain, ["--set", "edit_test:k:u32=7"]);
    assertEquals([code, stderr], [0, ""], name);
    assertEquals(valuesOf(image!), { ...before, "edit_test/k": ["u32", 7n] }, name);
  }
});

Deno.test("a damaged image: exit 5 with its findings, nothing written", async () => {
  const image = encodePartition(ITEMS, SIZE);
  image[64 + 32 + 24]! ^= 1;
  const { code, stderr, image: written } = await edited(image, ["--set", "a:level:u8=2"]);
  assertEquals([code, written], [DIFFERENCE, undefined]);
  assertMatch(stderr, /^in\.bin: is damaged, so nothing was written; 1 finding:\n {2}entry-header/);
});

/** Values that no message may repeat. */
const SECRET = "hunter22";

const REFUSED: Record<string, { options: string[]; exit: number; says: RegExp }> = {
  "nothing to edit": { options: [], exit: 2, says: /nothing to edit; give --set/ },
  "no value": {
    options: ["--set", "a:level:u8"],
    exit: 2,
    says: /not understood; write NS:KEY:ENC/,
  },
  "no encoding": { options: ["--set", `a:level=${SECRET}`], exit: 2, says: /not understood/ },
  "an unknown encoding": {
    options: ["--set", `a:k:strin=${SECRET}`],
    exit: 2,
    says: /encoding "strin" is unknown/,
  },
  "colons in place of the =": {
    options: ["--set", `a:k:string:${SECRET}`],
    exit: 2,
    says: /--set "a…" is not understood; write NS:KEY:ENC/,
  },
  "a colon in front of base64, which ends with a =": {
    options: ["--set", `a:k:base64:${SECRET}==`],
    exit: 2,
    says: /--set "a:k": no encoding stands in front of a "="; write one of u8, /,
  },
  "no encoding, and base64": {
    options: ["--set", `a:k:${SECRET}=`],
    exit: 2,
    says: /--set "a:k": no encoding stands in front of a "="/,
  },
  "no encoding, no key, and base64": {
    options: ["--set", `a:${SECRET}=`],
    exit: 2,
    says: /--set "a…" is not understood/,
  },
  "a value alone": { options: ["--set", SECRET], exit: 2, says: /--set is not understood/ },
  "no namespace": { options: ["--set", `:k:string=${SECRET}`], exit: 2, says: /write NS:KEY/ },
  "no key to remove": { options: ["--unset", "a:"], exit: 2, says: /write NS:KEY, like/ },
  "a key twice": {
    options: ["--set", "a:level:u8=1", "--unset", "a:level"],
    exit: 2,
    says: /key "a:level" is edited twice/,
  },
  "a value out of range": {
    options: ["--set", "a:level:u8=256"],
    exit: REJECTED,
    says: /^--set a:level: key "level": 256 does not fit u8/,
  },
  "bad hex": {
    options: ["--set", `a:k:hex2bin=${SECRET}`],
    exit: REJECTED,
    says: /^--set a:k: key "k": .*hex/,
  },
  "a long name": {
    options: ["--set", "a:0123456789abcdef:u8=1"],
    exit: REJECTED,
    says: /is 16 bytes long; NVS takes at most 15/,
  },
  "a key that is not there": {
    options: ["--unset", "a:nothing"],
    exit: REJECTED,
    says: /in\.bin: key "nothing": is not in namespace "a"/,
  },
  "a file that is not there": {
    options: ["--set", "a:k:string=@no.txt"],
    exit: REJECTED,
    says: /key "k": .*no\.txt.*does not exist/,
  },
  "a number from a file": {
    options: ["--set", "a:k:u8=@in.bin"],
    exit: REJECTED,
    says: /a file cannot hold a number/,
  },
  "a string too long for a device": {
    options: ["--set", `a:k:string=${SECRET.repeat(600)}`],
    exit: REJECTED,
    says: /key "k": /,
  },
  "more than the partition holds": {
    options: ["--set", "a:k:blob_fill(12000;0xFF)="],
    exit: REJECTED,
    says: /give a larger size, or less data/,
  },
  "a bad size": {
    options: ["--set", "a:level:u8=1", "--size", "5000"],
    exit: 2,
    says: /not a multiple of 4096/,
  },
  "an output that is there": {
    options: ["--set", "a:level:u8=1"],
    exit: REJECTED,
    says: /out\.bin: exists already/,
  },
};

for (const [name, { options, exit, says }] of Object.entries(REFUSED)) {
  Deno.test(`edit is refused: ${name}`, () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, {
        "in.bin": encodePartition(ITEMS, SIZE),
        ...name === "an output that is there" ? { "out.bin": "mine" } : {},
      });
      const before = treeOf(cwd);
      const outcome = await runProgram(["edit", "in.bin", "out.bin", ...options], { cwd });
      assertRefused(outcome);
      assertEquals(outcome.code, exit, outcome.stderr);
      assertMatch(outcome.stderr, says);
      assert(!outcome.stderr.includes(SECRET), outcome.stderr);
      assertEquals(treeOf(cwd), before);
    }));
}

Deno.test("edit never writes in place", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in.bin": encodePartition(ITEMS, SIZE) });
    const before = treeOf(cwd);
    for (const out of ["in.bin", "./in.bin", join(cwd, "in.bin")]) {
      const args = ["edit", "in.bin", out, "--set", "a:level:u8=2"];
      assertEquals((await runProgram(args, { cwd })).code, REJECTED);
      assertEquals(treeOf(cwd), before);
    }
  }));

Deno.test("--size makes room, and read-only sizes stay read-only", async () => {
  const big = ["--set", "a:k:blob_fill(12000;0xFF)="];
  const { code, image } = await edited(encodePartition(ITEMS, SIZE), [...big, "--size", "0x8000"]);
  assertEquals([code, image?.length], [0, 0x8000]);
  const readOnly = encodePartition(ITEMS.slice(0, 2), { sizeBytes: 0x1000 });
  const small = await edited(readOnly, ["--set", "a:level:u8=2", "--json"]);
  assertEquals([small.code, small.image?.length], [0, 0x1000]);
  const { set, removed, encrypted, notes } = JSON.parse(small.stdout);
  assertEquals([set, removed, encrypted], [1, 0, false]);
  assertMatch(notes[0], /readonly/);
});

Deno.test("credentials that change leave a master key of the old ones: a note", async () => {
  const image = encodePartition([
    { namespace: "nvs.net80211", key: "ap.passwd", type: "string", value: "old password" },
    { namespace: "nvs.net80211", key: "ap.pmk_info", type: "blob", value: new Uint8Array(132) },
  ], SIZE);
  const setting = ["--set", "nvs.net80211:ap.passwd:string=new password"];
  const noted = await edited(image, setting);
  assertMatch(noted.stdout, /note: "ap\.pmk_info" .* holds the master key of the old credentials/);
  const both = await edited(image, [...setting, "--unset", "nvs.net80211:ap.pmk_info"]);
  assert(!both.stdout.includes("note:"), both.stdout);
});

Deno.test("random edits: what was asked for, and nothing else", () => {
  const random = seededRandom(11);
  const pick = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 200; round++) {
    const items = new Map<string, KeyItem>();
    const put = (target: Map<string, KeyItem>) => {
      const [namespace, key] = [`n${pick(4)}`, `k${pick(12)}`];
      const item: KeyItem = pick(2) === 0
        ? { namespace, key, type: "u32", value: BigInt(pick(2 ** 32)) }
        : { namespace, key, type: "blob", value: new Uint8Array(pick(300)).fill(pick(256)) };
      target.set(`${namespace}/${key}`, item);
    };
    for (let count = pick(30); count >= 0; count--) put(items);
    const set = new Map<string, KeyItem>();
    for (let count = pick(6); count > 0; count--) put(set);
    const unset = [...items.values()].filter((item) =>
      pick(5) === 0 && !set.has(`${item.namespace}/${item.key}`)
    );
    const contents = decodePartition(encodePartition([...items.values()], { sizeBytes: 0x10000 }));
    const edited = applyEdits(contents, { set: [...set.values()], unset });
    assertEquals(edited.missing, []);

    const expected = new Map([...items, ...set]);
    for (const { namespace, key } of unset) expected.delete(`${namespace}/${key}`);
    assertEquals(
      valuesOf(encodePartition(edited.items, { sizeBytes: 0x10000 })),
      Object.fromEntries([...expected].map(([id, { type, value }]) => [id, [type, value]])),
    );
  }
});
