/** What goes in comes out again, through several commands; and what `verify` compares with. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readNvsCsvs } from "../../src/input/nvs_csv.ts";
import { Problems } from "../../src/problems/problems.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import type { DecodedEntry, DecodedPartition } from "../../src/nvs/decoded.ts";
import { contentsOf, diffPartitions, type KeyDifference } from "../../src/nvs/diff.ts";
import type { Item } from "../../src/nvs/item.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { nvsCsv } from "../../src/report/nvs_csv.ts";
import { differenceJson, differenceText } from "../../src/report/verify_report.ts";
import {
  inTempFolder,
  pool,
  POOL_WIDTH,
  runProgram,
  seededRandom,
  writeFiles,
} from "../helpers.ts";
import { asExpected, deviceImages, vectorImages } from "../nvs/test_images.ts";
import { HMAC_KEY, KEY_PARTITION, ramp } from "./key_files.ts";

/** Namespaces and entries, in whatever order and place. */
function storedIn(image: Uint8Array) {
  const { namespaces, entries, findings } = decodePartition(image);
  assertEquals(findings, []);
  return { namespaces: namespaces.map(({ name }) => name).sort(), entries: asExpected(entries) };
}

const IMAGES = [...vectorImages(), ...deviceImages()];

function versionOf(image: Uint8Array): 1 | 2 {
  return decodePartition(image).formatVersion ?? 2;
}

Deno.test("inspect --csv, then image: the same contents, for every vector and worn image", async (t) => {
  // One device of each vector: the next test has the others.
  const chosen = IMAGES.filter(({ name }) => !/[/].*-[2-9]\.bin$/.test(name));
  assert(chosen.length >= 31 && chosen.length < IMAGES.length, `${chosen.length} images`);
  const results = await pool(chosen, POOL_WIDTH, ({ image }) =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { "in.bin": image });
      const inspected = await runProgram(["inspect", "in.bin", "--csv"], { cwd });
      writeFiles(cwd, { "nvs.csv": inspected.stdout });
      const version = `--version=${versionOf(image)}`;
      const args = ["image", "nvs.csv", "out.bin", String(image.length), version];
      const made = await runProgram(args, { cwd });
      const bytes = made.code === 0 ? Deno.readFileSync(join(cwd, "out.bin")) : undefined;
      return { inspected, made, bytes };
    }));
  for (const [index, { name, image }] of chosen.entries()) {
    await t.step(name, () => {
      const { inspected, made, bytes } = results[index]!;
      assertEquals([inspected.code, inspected.stderr], [0, ""]);
      assertEquals([made.code, made.stderr], [0, ""]);
      assertEquals(storedIn(bytes!), storedIn(image));
      assertEquals(bytes!.length, image.length);
    });
  }
});

for (const { name, image } of IMAGES) {
  Deno.test(`the NVS CSV of ${name} has all of its contents`, () => {
    const { text, losses } = nvsCsv(decodePartition(image));
    assertEquals(losses, []);
    const problems = new Problems();
    const chunks = [new TextEncoder().encode(text)];
    const { items } = readNvsCsvs([{ path: "nvs.csv", chunks }], () => ramp(1, 0), problems);
    assertEquals(problems.kept, []);
    const options = { sizeBytes: image.length, formatVersion: versionOf(image) };
    const again = encodePartition(items, options);
    assertEquals(storedIn(again), storedIn(image));
    // What the device's library wrote lies elsewhere; what the generator wrote is the same again.
    if (name.includes("/")) assertEquals(again, image);
    assertEquals(diffPartitions(contentsOf(items), decodePartition(image)), []);
  });
}

const SCHEMES: readonly [options: string[], keyOption: string[]][] = [
  [["--inputkey", "keys.bin"], ["--key", "keys.bin"]],
  [["--keygen"], ["--key", "out/keys/keys-Dev-1.bin"]],
  [["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "hmac.bin"], [
    "--hmac-key",
    "hmac.bin",
  ]],
  [
    ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen", "--version", "1"],
    ["--hmac-key", "out/keys/hmac-keys-Dev-1.bin"],
  ],
];

for (const [options, keyOption] of SCHEMES) {
  Deno.test(`generate ${options.join(" ")}, decrypt, inspect, image, verify`, async () => {
    await inTempFolder(async (cwd) => {
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await runProgram(args, { cwd });
        assertEquals([code, stderr], [0, ""], args.join(" "));
        return stdout;
      };
      writeFiles(cwd, {
        "conf.csv":
          "n,namespace,\ns,data,string\nb,file,binary\nm,namespace,\ni,data,i64\nf,data,float\nd,data,double,REPEAT\n",
        "values.csv": 's,b,i,f,d\n"é ""x"",\ny",blob.bin,-9223372036854775808,1.10,-inf\n',
        "blob.bin": ramp(1900, 5),
        "keys.bin": KEY_PARTITION,
        "hmac.bin": HMAC_KEY,
      });
      const batch = ["conf.csv", "values.csv", "Dev", "0x3000", "--outdir"];
      const version = options.filter((word, at) => [word, options[at - 1]].includes("--version"));
      await run("generate", ...batch, "out", ...options);
      await run("generate", ...batch, "plain", ...version);
      const read = (path: string) => Deno.readFileSync(join(cwd, path));
      const plain = read("plain/bin/Dev-1.bin");

      const image = "out/bin/Dev-1.bin";
      const keyFile = options[0] === "--inputkey" ? "keys.bin" : "out/keys/keys-Dev-1.bin";
      await run("decrypt", image, keyFile, "decrypted.bin");
      assertEquals(read("decrypted.bin"), plain);

      const csv = await run("inspect", image, ...keyOption, "--csv");
      assertEquals(csv, await run("inspect", "decrypted.bin", "--csv"));
      writeFiles(cwd, { "nvs.csv": csv });
      await run("image", "nvs.csv", "again.bin", "0x3000", ...version);
      assertEquals(read("again.bin"), plain);

      Deno.copyFileSync(join(cwd, "again.bin"), join(cwd, "plain/bin/Dev-1.bin"));
      await run("verify", ...batch, "plain", ...version);
      await run("verify", ...batch, "out", ...options);
    });
  });
}

const N = "n";
const ITEMS: readonly Item[] = [
  { namespace: N, type: "namespace" },
  { namespace: N, key: "i", type: "i64", value: -5 },
  { namespace: N, key: "s", type: "string", value: "text" },
  { namespace: N, key: "b", type: "blob", value: Uint8Array.of(1, 2) },
  { namespace: "m", key: "i", type: "u8", value: 5n },
];
const number = (type: "u8" | "u16" | "i64", value: bigint) => ({ type, value }) as const;

function decoded(items: readonly Item[]): DecodedPartition {
  return decodePartition(encodePartition(items, { sizeBytes: 0x3000 }));
}

/** What `verify` says of an image: `before` is what the CSVs say, `after` what it holds. */
function compared(items: readonly Item[], partition: DecodedPartition): KeyDifference[] {
  return diffPartitions(contentsOf(items), partition);
}

const COMPARED: readonly [name: string, stored: readonly Item[], expected: unknown[]][] = [
  ["the same", ITEMS, []],
  ["another order", ITEMS.toReversed(), []],
  ["another value, and one type for another", [
    ...ITEMS.slice(0, 4),
    { namespace: "m", key: "i", type: "u16", value: 5 },
  ], [{
    kind: "changed",
    namespace: "m",
    key: "i",
    before: number("u8", 5n),
    after: number("u16", 5n),
  }]],
  ["a missing and a surplus key", [
    ITEMS[1]!,
    ITEMS[3]!,
    ITEMS[4]!,
    { namespace: "m", key: "s", type: "u8", value: 0 },
  ], [
    { kind: "added", namespace: "m", key: "s", after: number("u8", 0n) },
    { kind: "removed", namespace: N, key: "s", before: { type: "string", value: "text" } },
  ]],
  ["a blob of another length, a string in another case", [
    ITEMS[1]!,
    { namespace: N, key: "s", type: "string", value: "Text" },
    { namespace: N, key: "b", type: "blob", value: Uint8Array.of(1, 2, 0) },
    ITEMS[4]!,
  ], [
    {
      kind: "changed",
      namespace: N,
      key: "b",
      before: { type: "blob", value: Uint8Array.of(1, 2) },
      after: { type: "blob", value: Uint8Array.of(1, 2, 0) },
    },
    {
      kind: "changed",
      namespace: N,
      key: "s",
      before: { type: "string", value: "text" },
      after: { type: "string", value: "Text" },
    },
  ]],
  ["a namespace that is missing with its key", ITEMS.slice(0, 4), [
    { kind: "namespace-removed", namespace: "m" },
    { kind: "removed", namespace: "m", key: "i", before: number("u8", 5n) },
  ]],
  ["an empty namespace too many", [...ITEMS, { namespace: "e", type: "namespace" }], [
    { kind: "namespace-added", namespace: "e" },
  ]],
];

for (const [name, stored, expected] of COMPARED) {
  Deno.test(`an image compared with its CSVs: ${name}`, () => {
    assertEquals<unknown[]>(compared(ITEMS, decoded(stored)), expected);
  });
}

/** A device returns the first one of the type that it is asked for. */
for (const isRightFirst of [true, false]) {
  const ordinal = isRightFirst ? "first" : "second";
  Deno.test(`an image compared with its CSVs: a key twice, the right one ${ordinal}`, () => {
    const item: Item = { namespace: N, key: "k", type: "u8", value: 1n };
    const partition = decoded([item]);
    const [right] = partition.entries;
    const surplus: DecodedEntry = { ...right!, type: "string", value: "x" };
    const entries = isRightFirst ? [right!, surplus] : [surplus, right!];
    const place = { namespace: N, key: "k" };
    const [u8, str] = [number("u8", 1n), { type: "string", value: "x" } as const];
    assertEquals<unknown[]>(
      compared([item], { ...partition, entries }),
      isRightFirst
        ? [{ kind: "added", ...place, after: str }]
        : [{ kind: "changed", ...place, before: u8, after: str }, {
          kind: "added",
          ...place,
          after: u8,
        }],
    );
  });
}

Deno.test("redacted differences of a damaged image never show its strings and blobs", () => {
  const random = seededRandom(4);
  const text = "Passw0rd-of-the-line";
  const blob = ramp(40, 0x5B);
  const items: Item[] = [
    { namespace: N, key: "s", type: "string", value: text },
    { namespace: N, key: "b", type: "blob", value: blob },
    { namespace: N, key: "i", type: "u8", value: 1 },
  ];
  const image = encodePartition(items, { sizeBytes: 0x3000 });
  const secrets = [text.slice(0, 8), text.slice(-8), blob.subarray(9, 15).toHex()];
  secrets.push(new TextEncoder().encode(text.slice(0, 6)).toHex(), blob.toBase64().slice(0, 8));
  let differenceCount = 0;
  for (let round = 0; round < 3000; round++) {
    const damaged = image.slice();
    for (let flips = 1 + round % 3; flips > 0; flips--) {
      damaged[Math.floor(random() * 64 * 8)]! ^= 1 << Math.floor(random() * 8);
    }
    const partition = decodePartition(damaged);
    const differences = [
      ...partition.findings.map((finding) => ({ kind: "finding", finding }) as const),
      ...compared(items, partition)
        .map((difference) => ({ kind: "key", difference }) as const),
    ];
    for (const one of differences) {
      const printed = differenceText(one, true) + JSON.stringify(differenceJson(one, true));
      for (const secret of secrets) assert(!printed.includes(secret), printed);
    }
    differenceCount += differences.length;
  }
  assert(differenceCount > 3000, `${differenceCount} differences`);
});
