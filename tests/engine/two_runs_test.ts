/** Two runs at once in one folder. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  inTempFolder,
  IO,
  isWindows,
  type Outcome,
  REJECTED,
  runProcess,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import {
  assertSameFiles,
  batchFiles,
  CREATED,
  generate,
  IMAGE_BYTES,
  KEY_OPTIONS,
  leftOvers,
  manifestRows,
  type Row,
  succeed,
  textOf,
  undisturbed,
  withoutManifest,
} from "./batch.ts";
import { sleep, start, untilListening, whileStopped, whileWriting } from "./running.ts";

const DEVICES = 150;
const MANY_DEVICES = 1000;

/** Two batches that want some names, and how much later the second one starts. */
interface Rivals {
  name: string;
  values: readonly [string, string];
  options: readonly string[];
  lagMilliseconds: number;
}

const SAME = ["values.csv", "values.csv"] as const;
const OTHER_VALUES = ["values.csv", "other.csv"] as const;
const RIVALS: Rivals[] = [
  { name: "the same batch", values: SAME, options: [], lagMilliseconds: 0 },
  { name: "the same batch, later", values: SAME, options: [], lagMilliseconds: 60 },
  {
    name: "the same batch, fresh keys",
    values: SAME,
    options: KEY_OPTIONS.fresh,
    lagMilliseconds: 0,
  },
  { name: "other values", values: OTHER_VALUES, options: [], lagMilliseconds: 0 },
  { name: "other values, later", values: OTHER_VALUES, options: [], lagMilliseconds: 60 },
  {
    name: "other values, fresh keys",
    values: OTHER_VALUES,
    options: KEY_OPTIONS.freshHmac,
    lagMilliseconds: 20,
  },
  {
    name: "other values, and names that are partly the same",
    values: OTHER_VALUES,
    options: ["--fileid", "serial"],
    lagMilliseconds: 0,
  },
];

/** Inputs of two batches: all file ids are the same by number, a third by serial. */
function rivalFiles() {
  const other = batchFiles(DEVICES, "OT")["values.csv"] as string;
  const { "values.csv": values, ...files } = batchFiles(DEVICES);
  return {
    ...files,
    "values.csv": values!,
    "other.csv": other.replaceAll(/^OT-(\d*[369]),/gm, "SN-$1,"),
  };
}

function withValues(values: string, options: readonly string[]): string[] {
  return generate(options).map((word) => word === "values.csv" ? values : word);
}

for (const { name, values, options, lagMilliseconds } of RIVALS) {
  Deno.test(`two runs at once into one folder: ${name}`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, rivalFiles());
      const args = values.map((path) => withValues(path, options));
      const first = start(args[0]!, cwd);
      await sleep(lagMilliseconds);
      const outcomes = await Promise.all([first.outcome, start(args[1]!, cwd).outcome]);
      const codes = outcomes.map(({ code }) => code);
      const said = outcomes.map(({ stderr }) => stderr).join("\n");
      assertEquals(codes.toSorted()[0], 0, said);
      assert([REJECTED, IO].includes(codes.toSorted()[1]!), said);

      const winner = codes.indexOf(0);
      const outdir = join(cwd, "out");
      const tree = withoutManifest(outdir);
      const rows = manifestRows(outdir);
      assertOnlyWinner(outcomes[winner]!, rows, tree);
      if (options !== KEY_OPTIONS.fresh && options !== KEY_OPTIONS.freshHmac) {
        const alone = join(cwd, "alone");
        writeFiles(alone, rivalFiles());
        const own = Deno.readFileSync(join(alone, values[winner]!));
        Deno.writeFileSync(join(alone, "values.csv"), own);
        assertSameFiles(tree, (await undisturbed(alone, options)).files);
        Deno.removeSync(alone, { recursive: true });
      }
      assertEquals(leftOvers(cwd), []);
      const resumed = await succeed([...args[winner]!, "--resume"], cwd);
      assertMatch(resumed.stdout, RegExp(`^${DEVICES} of them were done before$`, "m"));
      assertSameFiles(withoutManifest(outdir), tree);
    });
  });
}

/** All devices of the winner are recorded, and nobody else's. */
function assertOnlyWinner({ stdout }: Outcome, rows: Row[], tree: Record<string, string>): void {
  assertMatch(stdout, RegExp(`^${DEVICES} devices in`));
  assertEquals(rows.length, DEVICES);
  assertEquals(new Set(rows.map(({ batch }) => batch)).size, 1);
  for (const row of rows) {
    assertEquals(row.image_bytes, String(IMAGE_BYTES));
    assertEquals(tree[row.image!], row.image_sha256);
    if (row.keys !== "") assertEquals(tree[row.keys!], row.keys_sha256);
    if (row.hmac_key !== "") assertEquals(tree[row.hmac_key!], row.hmac_key_sha256);
  }
  const images = Object.keys(tree).filter((path) => /^bin\/.+/.test(path));
  assertEquals(images.length, DEVICES);
}

Deno.test({
  name: "a run while another one is writing: refused, and nothing is touched",
  ignore: isWindows,
}, async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...rivalFiles(), ...batchFiles(MANY_DEVICES) });
    const running = await whileWriting(generate(), cwd, MANY_DEVICES, async () => {
      const tree = treeOf(cwd);
      const rivals = [
        ["the same", generate(), REJECTED],
        ["the same, resumed", generate(["--resume"]), IO],
        ["a shard of the same, resumed", generate(["--resume", "--shard", "1/2"]), IO],
        ["other names", generate(["--prefix_num", "1", "4"]), IO],
        ["other values", withValues("other.csv", ["--resume", "--fileid", "serial"]), IO],
      ] as const;
      // Those that wait for the lock do so together.
      const outcomes = await Promise.all(rivals.map(([, args]) => runProcess(args, { cwd })));
      for (const [index, [name, , exit]] of rivals.entries()) {
        await t.step(name, () => {
          const { code, stdout, stderr } = outcomes[index]!;
          assertEquals([code, stdout], [exit, ""], stderr);
        });
      }
      assertSameFiles(treeOf(cwd), tree);
    });
    const { code, stderr } = await running.outcome;
    assertEquals([code, stderr], [0, ""]);
  });
});

Deno.test("a batch that is written while another one is checked: that one touches nothing", async () => {
  await inTempFolder(async (cwd) => {
    const { "values.csv": small, ...files } = batchFiles(3);
    const large = batchFiles(100_000, "OT")["values.csv"] as string;
    // One name of the small batch, and many that are free.
    writeFiles(cwd, {
      ...files,
      "values.csv": small!,
      "other.csv": large.replace("OT-1,", "SN-2,"),
    });
    const options = ["--fileid", "serial", "--no-csv"];
    const checking = start(withValues("other.csv", options), cwd);
    await untilListening("SIGINT", checking);
    const write = async () => void await succeed(generate(options), cwd);
    await (isWindows ? write() : whileStopped(checking, write));
    const tree = treeOf(cwd);
    const { code, stderr } = await checking.outcome;
    assert([REJECTED, IO].includes(code), stderr);
    assertSameFiles(treeOf(cwd), tree);
  });
});

Deno.test("two prefixes at once into one folder: both succeed", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const prefixes = ["Dev", "Dev-2", "Dev.3"];
    const outcomes = await Promise.all(
      prefixes.map((prefix) =>
        start(generate(KEY_OPTIONS.fresh).map((word) => word === "Dev" ? prefix : word), cwd)
          .outcome
      ),
    );
    for (const { code, stderr } of outcomes) assertEquals([code, stderr], [0, ""]);
    const tree = treeOf(join(cwd, "out"));
    const files = Object.keys(tree).filter((path) => !path.endsWith("/"));
    assertEquals(files.length, prefixes.length * (3 * DEVICES + 1));
    assertEquals(textOf(join(cwd, CREATED)).split("\r\n").length, DEVICES + 2);
    assertEquals(leftOvers(cwd), []);
  });
});
