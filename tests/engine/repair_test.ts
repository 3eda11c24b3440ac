/** What `--resume` mends: damaged images, keys and manifests, and what killed runs leave. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { WHOLE } from "../../src/plan/shard.ts";
import { inTempFolder, pool, POOL_WIDTH, runProgram, treeOf, writeFiles } from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  copyFolder,
  CREATED,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  MANIFEST,
  type Reference,
  stampsOf,
  succeed,
  temporaryPath,
  textOf,
  undisturbed,
} from "./batch.ts";
import { DAMAGES, DEVICES } from "./damages.ts";

const REJECTED = 3;

/** Finished batches of each kind, in `<folder>/<kind>/out`, and the plain one to compare with. */
async function makeBatches(folder: string): Promise<Record<KeyKind, Reference>> {
  const references: Partial<Record<KeyKind, Reference>> = {};
  for (const kind of ["plain", "fresh", "freshHmac", "derived"] as const) {
    const cwd = join(folder, kind);
    writeFiles(cwd, batchFiles(DEVICES));
    const reference = await undisturbed(cwd, KEY_OPTIONS[kind]);
    Deno.renameSync(join(cwd, "undisturbed"), join(cwd, "out"));
    references[kind] = { ...reference, outdir: join(cwd, "out") };
  }
  const { plain, derived } = references as Record<KeyKind, Reference>;
  return { plain, derived, given: plain, fresh: plain, freshHmac: plain };
}

Deno.test("--resume mends what is damaged, and touches nothing else", async (t) => {
  await inTempFolder(async (folder) => {
    const references = await makeBatches(folder);
    const cases = DAMAGES.flatMap(({ kinds, ...damage }) =>
      kinds.map((kind, index) => ({ ...damage, kind, folder: `${damage.name} ${index}` }))
    );
    const results = await pool(cases, POOL_WIDTH, async ({ kind, damage, folder: name }) => {
      const cwd = join(folder, name);
      copyFolder(join(folder, kind), cwd);
      const outdir = join(cwd, "out");
      damage(outdir, cwd);
      const before = stampsOf(outdir);
      const outcome = await runProgram(generate([...KEY_OPTIONS[kind], "--resume"]), { cwd });
      return { outcome, cwd, outdir, before, after: stampsOf(outdir) };
    });
    for (const [index, { name, kind, redone }] of cases.entries()) {
      await t.step(`${name} (${kind})`, async () => {
        const { outcome, cwd, outdir, before, after } = results[index]!;
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        await assertFinished(outdir, kind, references[kind]);
        assertEquals(textOf(join(cwd, CREATED)), textOf(join(folder, kind, CREATED)));
        assertEquals([...Deno.readDirSync(cwd)].filter(({ name }) => name.startsWith(".")), []);
        for (const path of Object.keys(before)) {
          const device = Number(/-(\d+)\.(bin|csv)$/.exec(path)?.[1]);
          const mayChange = redone === "all" || redone.includes(device);
          const isLasting = !/(^|\/)\./.test(path) && path !== MANIFEST;
          if (isLasting && !mayChange) assertEquals(after[path], before[path], path);
        }
        if (name === "nothing at all") assertEquals(after, before);
      });
    }
  });
});

for (
  const [name, change] of [
    ["deleted", (path: string) => Deno.removeSync(path)],
    ["emptied", (path: string) => Deno.truncateSync(path, 0)],
  ] as const
) {
  Deno.test(`a ${name} manifest of a finished batch: nothing proves the files, so none is touched`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(3));
      await succeed(generate(), cwd);
      change(join(cwd, "out", MANIFEST));
      const tree = treeOf(cwd);
      const { code, stderr } = await runProgram(generate(["--resume"]), { cwd });
      assertEquals(code, REJECTED);
      assertMatch(stderr, /Dev-1\.bin: exists already/);
      assertSameFiles(treeOf(cwd), tree);
    });
  });
}

Deno.test("--resume leaves the temporary files of other batches alone", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    await succeed(generate(), cwd);
    const others = ["Dev-2024", "Device", "Other"].map((prefix) =>
      temporaryPath(join(cwd, `out/bin/${prefix}-1.bin`), WHOLE, prefix)
    );
    for (const path of others) Deno.writeTextFileSync(path, "another run is writing this");
    await succeed(generate(["--resume"]), cwd);
    assertEquals(others.filter((path) => textOf(path) === ""), []);
  });
});
