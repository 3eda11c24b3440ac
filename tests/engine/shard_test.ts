/** Shards: together they are one run, at once or one after the other, killed and resumed. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  inTempFolder,
  IO,
  isWindows,
  type Outcome,
  REJECTED,
  runProcess,
  runProgram,
  treeOf,
  USAGE,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  CREATED,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  leftOvers,
  MANIFEST_HEADER,
  type Reference,
  sortedManifest,
  succeed,
  textOf,
  undisturbed,
  withoutManifest,
} from "./batch.ts";
import { type Running, signalled, start, untilRecorded, whileWriting } from "./running.ts";

const SHARDS = 3;
/** Enough that shards which start together also run together. */
const DEVICES = 300;

/** A `generate` of one shard of three. */
function shard(index: number, options: readonly string[] = [], outdir = "out"): string[] {
  return generate(["--shard", `${index}/${SHARDS}`, ...options], outdir);
}

function startAll(cwd: string, options: readonly string[] = []): Running[] {
  return Array.from({ length: SHARDS }, (_, index) => start(shard(index + 1, options), cwd));
}

async function allSucceed(outcomes: Promise<Outcome>[]): Promise<void> {
  for (const { code, stderr } of await Promise.all(outcomes)) assertEquals([code, stderr], [0, ""]);
}

/** Where batches stand that one undisturbed run made, each once for all tests. */
const referenceFolder = Deno.makeTempDirSync({ prefix: "mfg_gen_test_" });
const references = new Map<number, Promise<Reference>>();
Deno.test.afterAll(() => Deno.removeSync(referenceFolder, { recursive: true }));

function referenceOf(devices: number): Promise<Reference> {
  let reference = references.get(devices);
  if (reference === undefined) {
    const folder = join(referenceFolder, String(devices));
    writeFiles(folder, batchFiles(devices));
    references.set(devices, reference = undisturbed(folder));
  }
  return reference;
}

/** Calls `use` in a folder with the inputs, and the same batch made by one undisturbed run. */
async function withReference(
  devices: number,
  use: (cwd: string, reference: Reference) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(devices));
    const reference = await referenceOf(devices);
    await use(cwd, reference);
    assertEquals(textOf(join(cwd, CREATED)), textOf(join(dirname(reference.outdir), CREATED)));
    assertEquals(leftOvers(cwd), []);
  });
}

for (const kind of ["plain", "fresh"] as const) {
  Deno.test(`three shards at once in one folder are one run (${kind})`, async () => {
    await withReference(DEVICES, async (cwd, reference) => {
      await allSucceed(startAll(cwd, KEY_OPTIONS[kind]).map(({ outcome }) => outcome));
      await assertFinished(join(cwd, "out"), kind, reference);
    });
  });
}

for (
  const [kind, when] of [["plain", "while"], ["freshHmac", "while"], ["fresh", "after"]] as [
    KeyKind,
    string,
  ][]
) {
  Deno.test(`a shard is killed, and resumed ${when} the others run (${kind})`, async () => {
    await withReference(3 * DEVICES, async (cwd, reference) => {
      const outdir = join(cwd, "out");
      const options = KEY_OPTIONS[kind];
      const [first, second, third] = startAll(cwd, options);
      await untilRecorded(DEVICES / 4, second!, outdir);
      await signalled(second!, "SIGKILL");
      const others = [first!.outcome, third!.outcome];
      if (when === "after") await allSucceed(others);
      await allSucceed([...others, start(shard(2, [...options, "--resume"]), cwd).outcome]);
      await assertFinished(outdir, kind, reference);
    });
  });
}

Deno.test("one shard after the other", async () => {
  await withReference(10, async (cwd, reference) => {
    for (const index of [3, 1, 2]) {
      const { stdout } = await succeed(shard(index), cwd);
      assertMatch(stdout, index === 1 ? /^4 devices in/ : /^3 devices in/);
    }
    await assertFinished(join(cwd, "out"), "plain", reference);
  });
});

Deno.test("more shards than devices: some have nothing to do", async () => {
  await withReference(2, async (cwd, reference) => {
    for (const index of [1, 2, 3]) await succeed(shard(index), cwd);
    await assertFinished(join(cwd, "out"), "plain", reference);
  });
});

Deno.test("shards with folders of their own: disjoint, complete, manifests concatenate", async () => {
  await withReference(20, async (cwd, reference) => {
    const outdirs = [1, 2, 3].map((index) => `out-${index}`);
    await allSucceed(
      outdirs.map((outdir, index) => start(shard(index + 1, [], outdir), cwd).outcome),
    );
    const trees = outdirs.map((outdir) => withoutManifest(join(cwd, outdir)));
    const paths = trees.flatMap((tree) => Object.keys(tree).filter((path) => !path.endsWith("/")));
    assertEquals(paths.length, new Set(paths).size, "shards share a file");
    assertSameFiles(Object.assign({}, ...trees), reference.files);
    const lines = outdirs.flatMap((outdir) =>
      sortedManifest(join(cwd, outdir)).filter((line) => line !== MANIFEST_HEADER && line !== "")
    );
    const expected = sortedManifest(reference.outdir)
      .filter((line) => line !== MANIFEST_HEADER && line !== "");
    assertEquals(lines.sort(), expected);
  });
});

Deno.test("a problem anywhere in the batch rejects every shard", async () => {
  await inTempFolder(async (cwd) => {
    const inputs = batchFiles(6);
    const values = (inputs["values.csv"] as string).replace("SN-5,", "SN-4,");
    writeFiles(cwd, { ...inputs, "values.csv": `${values}SN-7,x,files/none.bin,\n` });
    const tree = treeOf(cwd);
    for (const index of [1, 2, 3]) {
      const args = shard(index, ["--fileid", "serial"]);
      const { code, stderr } = await runProgram(args, { cwd });
      assertEquals(code, REJECTED);
      assertMatch(stderr, /^values\.csv:6:\d+ \(SN-4\): .*file id "SN-4" was used in line 5/m);
      assertMatch(stderr, /^values\.csv:8:\d+ \(SN-7\): .*files\/none\.bin/m);
      assertSameFiles(treeOf(cwd), tree);
    }
  });
});

Deno.test("--shard faults: exit 2, nothing written", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const tree = treeOf(cwd);
    const faults = ["0/3", "4/3", "1/0", "1", "a/b", "1/2/3", "-1/3", "1.5/3", "", " 1/3", "1/3 "];
    for (const fault of faults) {
      const { code, stderr } = await runProgram(generate([`--shard=${fault}`]), { cwd });
      assertEquals(code, USAGE, `${fault}: ${stderr}`);
      assertMatch(stderr, /--shard/, fault);
      assertSameFiles(treeOf(cwd), tree);
    }
  });
});

Deno.test({
  name: "rivals of a shard that runs: refused, and nothing is touched",
  ignore: isWindows,
}, async (t) => {
  await withReference(3 * DEVICES, async (cwd, reference) => {
    const outdir = join(cwd, "out");
    const running = await whileWriting(shard(1), cwd, DEVICES, async () => {
      const tree = treeOf(cwd);
      const rivals = [
        ["the same shard", shard(1), REJECTED],
        ["the same shard, resumed", shard(1, ["--resume"]), IO],
        ["the whole batch", generate(), REJECTED],
        ["the whole batch, resumed", generate(["--resume"]), IO],
        ["another number of shards", generate(["--shard", "2/2", "--resume"]), IO],
        ["a batch of other inputs", shard(2, ["--version", "1"]), IO],
        ["a whole batch of other names", generate(["--prefix_num", "1", "4"]), IO],
      ] as const;
      // Those that wait for the lock do so together.
      const outcomes = await Promise.all(rivals.map(([, args]) => runProcess(args, { cwd })));
      for (const [index, [name, , exit]] of rivals.entries()) {
        await t.step(name, () => {
          const { code, stdout, stderr } = outcomes[index]!;
          assertEquals([code, stdout], [exit, ""], stderr);
          assertMatch(stderr, exit === IO ? /another|other/ : /exists already/);
        });
      }
      assertSameFiles(treeOf(cwd), tree);
    });
    await allSucceed([running.outcome]);
    for (const index of [2, 3]) await succeed(shard(index), cwd);
    await assertFinished(outdir, "plain", reference);
  });
});

for (
  const [name, killed, resumed] of [
    [
      "a whole run is killed, and shards go on",
      [generate()],
      [1, 2, 3].map((index) => shard(index, ["--resume"])),
    ],
    ["shards are killed, and a whole run goes on", [shard(1), shard(2)], [generate(["--resume"])]],
    [
      "shards are killed, and others go on",
      [shard(1), shard(3)],
      [1, 2].map((index) => generate(["--shard", `${index}/2`, "--resume"])),
    ],
  ] as const
) {
  Deno.test(name, async () => {
    await withReference(3 * DEVICES, async (cwd, reference) => {
      const outdir = join(cwd, "out");
      const runs = killed.map((args) => start(args, cwd));
      await untilRecorded(20, runs[0]!, outdir);
      for (const run of runs) await signalled(run, "SIGKILL");
      assert(sortedManifest(outdir).length > 20);
      await allSucceed(resumed.map((args) => start(args, cwd).outcome));
      await assertFinished(outdir, "plain", reference);
    });
  });
}
