/** Batches by the library: on this machine's files as the program makes them, and on a disk in memory. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join, resolve } from "@std/path";
import { decodePartition, decryptImage } from "../../mod.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import {
  type BatchOptions,
  BatchRejectedError,
  checkBatch,
  denoFiles,
  IoError,
  writeBatch,
} from "../../src/library/batch.ts";
import { HMAC_KEY, KEY_PARTITION } from "../cli/key_files.ts";
import { batchFiles, generate, KEY_OPTIONS, leftOvers, succeed } from "../engine/batch.ts";
import { FakeFiles } from "../engine/fake_files.ts";
import { diskWithInput, treeOf as treeInMemory } from "../engine/fake_run.ts";
import { inTempFolder, isWindows, treeOf, writeFiles } from "../helpers.ts";

const DEVICES = 7;

function optionsIn(folder: string, more: Partial<BatchOptions> = {}): BatchOptions {
  return {
    configuration: join(folder, "conf.csv"),
    values: join(folder, "values.csv"),
    prefix: "Dev",
    sizeBytes: 0x3000,
    outdir: join(folder, "library"),
    ...more,
  };
}

async function checked(options: BatchOptions, files = denoFiles()) {
  const check = await checkBatch(files, options);
  assert(check.ok, JSON.stringify(check));
  return check.batch;
}

for (
  const [kind, keys] of [
    ["plain", undefined],
    ["given", { kind: "given", keyPartition: KEY_PARTITION }],
    ["derived", { kind: "given-hmac", hmacKey: HMAC_KEY }],
  ] as const
) {
  Deno.test(`library: a batch is byte for byte that of generate (${kind})`, () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(DEVICES));
      // Paths in cells are relative to the current folder of whoever reads them.
      const values = Deno.readTextFileSync(join(cwd, "values.csv"));
      const cells = join(cwd, "files").replaceAll("\\", "/");
      Deno.writeTextFileSync(join(cwd, "values.csv"), values.replaceAll("files/", `${cells}/`));
      await succeed(generate([...KEY_OPTIONS[kind], "--jobs", "1"], "program"), cwd);
      Deno.removeSync(join(cwd, "values_created.csv"));

      const files = denoFiles();
      const batch = await checked(
        optionsIn(cwd, { writesCsv: true, ...keys && { keys } }),
        files,
      );
      assertEquals([batch.deviceCount, batch.imageBytes], [DEVICES, DEVICES * 0x3000]);
      const result = await writeBatch(files, batch);
      assertEquals([result.written, result.found], [DEVICES, 0]);
      assertEquals(treeOf(join(cwd, "library")), treeOf(join(cwd, "program")));
      assertEquals(leftOvers(cwd), []);
    }));
}

Deno.test("library: all problems of a batch, and nothing written", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nlevel,data,u8\n",
      "values.csv": `level\n${"300\n".repeat(1500)}`,
    });
    const before = treeOf(cwd);
    const check = await checkBatch(denoFiles(), optionsIn(cwd));
    assert(!check.ok);
    assertEquals([check.problems.length, check.problemCount], [1000, 1500]);
    const { code, line, device, column, key, message } = check.problems[0]!;
    assertEquals([code, line, device, column, key], ["value-out-of-range", 2, 1, 1, "level"]);
    assertMatch(message, /^300 does not fit u8/);
    assertEquals(treeOf(cwd), before);
  }));

Deno.test("library: an interrupted batch is resumed; another one in its place is rejected", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\n",
      "values.csv": "serial\nSN-1\nSN-2\nSN-3\n",
    });
    const files = denoFiles();
    const options = optionsIn(cwd, { keys: { kind: "fresh" } });
    await writeBatch(files, await checked({ ...options, shard: { index: 2, count: 2 } }));
    const { written, found } = await writeBatch(
      files,
      await checked({ ...options, resumes: true }),
    );
    assertEquals([written, found], [2, 1]);
    const image = Deno.readFileSync(join(cwd, "library/bin/Dev-2.bin"));
    const keys = decodeKeyPartition(Deno.readFileSync(join(cwd, "library/keys/keys-Dev-2.bin")));
    assertEquals(decodePartition(decryptImage(image, keys)).entries[0]?.value, "SN-2");

    const again = await checkBatch(files, options);
    assert(!again.ok && again.problems.every(({ message }) => message.startsWith("exists")));
    Deno.removeSync(join(cwd, "library/keys/keys-Dev-1.bin"));
    const batch = await checked({ ...options, resumes: true });
    const rejected = await assertRejects(() => writeBatch(files, batch), BatchRejectedError);
    assertEquals(rejected.problemCount, 1);
    assertMatch(rejected.problems[0]!.message, /recorded keys .* are damaged or gone/);
  }));

Deno.test("library: just some devices of a batch", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\n",
      "values.csv": "serial\nSN-1\nSN-2\nSN-3\n",
    });
    const files = denoFiles();
    const options = optionsIn(cwd, { fileIdColumn: "serial" });
    const some = await checked({ ...options, only: ["SN-3", "#1"] });
    assertEquals([some.deviceCount, some.imageBytes], [3, 2 * 0x3000]);
    assertEquals((await writeBatch(files, some)).written, 2);
    const rest = await writeBatch(files, await checked({ ...options, resumes: true }));
    assertEquals([rest.written, rest.found], [1, 2]);
    const unknown = await checkBatch(files, { ...options, only: ["SN-9", "#4"], resumes: true });
    assert(!unknown.ok);
    assertMatch(unknown.problems[0]!.message, /^has no device "SN-9", "#4" for --only/);
    const none = await checked({ ...options, only: [], resumes: true });
    assertEquals((await writeBatch(files, none)).found, 0);
  }));

Deno.test("library: wrong options are said at once", async () => {
  const files = denoFiles();
  for (
    const wrong of [
      { sizeBytes: 5000 },
      { prefix: "a/b" },
      { shard: { index: 3, count: 2 } },
      { keys: { kind: "given", keyPartition: new Uint8Array(10) } },
    ] satisfies Partial<BatchOptions>[]
  ) {
    await assertRejects(() => checkBatch(files, optionsIn("/nowhere", wrong)), Error);
  }
  await assertRejects(
    () => writeBatch(files, { deviceCount: 1, imageBytes: 1, notes: [], warnings: [] }),
    TypeError,
    "Cannot write a batch that checkBatch did not make",
  );
});

Deno.test("library: an input that changed since the check ends the batch", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": "n,namespace,\nk,data,u8\n", "values.csv": "k\n1\n2\n" });
    const files = denoFiles();
    const batch = await checked(optionsIn(cwd));
    Deno.writeTextFileSync(join(cwd, "values.csv"), "k\n1\n3\n");
    await assertRejects(() => writeBatch(files, batch), IoError, "was changed");
  }));

Deno.test({ name: "library: a batch on a disk in memory", ignore: isWindows }, async () => {
  const disk = diskWithInput(3);
  const files = new FakeFiles(disk);
  const options = optionsIn(resolve("."), { keys: { kind: "fresh-hmac" } });
  const { written } = await writeBatch(files, await checked(options, files));
  assertEquals(written, 3);
  const paths = [...treeInMemory(disk).keys()]
    .filter((path) => path.startsWith("library/") && !path.endsWith("/"));
  assertEquals(paths.length, 3 * 3 + 1);
});

Deno.test("library: what becomes of the options after the check does not change the batch", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    writeFiles(cwd, { "conf.csv": "n,namespace,\ns,data,u8\n", "values.csv": "s\n1\n2\n3\n" });
    const files = denoFiles();
    const shard = { index: 1, count: 2 };
    const prefixNumber = { start: 1, length: 2 };
    const options = optionsIn(cwd, { shard, prefixNumber });
    const pending = checked(options, files);
    options.resumes = true;
    const batch = await pending;
    shard.index = 2;
    prefixNumber.start = 70;
    await writeBatch(files, batch);
    const names = [...Deno.readDirSync(join(cwd, "library", "bin"))].map(({ name }) => name);
    assertEquals(names.sort(), ["Dev-01-1.bin", "Dev-03-3.bin"]);
    await assertRejects(() => writeBatch(files, batch), IoError);
  }));

/** What a program without types, or a sum that went wrong, may ask for. */
const WRONG_OPTIONS: Record<string, unknown> = {
  "keys by the name of their kind": { keys: "fresh" },
  "keys of no kind": { keys: { keyPartition: KEY_PARTITION } },
  "another format version": { formatVersion: 3 },
  "a format version as text": { formatVersion: "1" },
  "a broken shard": { shard: { index: 1.5, count: 2 } },
  "shards of a broken number": { shard: { index: 1, count: 1.5 } },
  "a number that is text": { prefixNumber: { start: "1", length: 2 } },
  "a number that is none": { prefixNumber: { start: NaN, length: 2 } },
  "a negative number": { prefixNumber: { start: -1, length: 2 } },
  "too many digits": { prefixNumber: { start: 1, length: 1e9 } },
};

for (const [name, wrong] of Object.entries(WRONG_OPTIONS)) {
  Deno.test(`library: ${name} is an error`, () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(DEVICES));
      const options = optionsIn(cwd, wrong as Partial<BatchOptions>);
      const error = await assertRejects(() => checkBatch(denoFiles(), options));
      assert(error instanceof RangeError || error instanceof TypeError);
      assertMatch(error.message, /^Cannot /);
    }));
}
