/** The number of workers never shows in what is written. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, writeFiles } from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  sortedManifest,
  succeed,
  undisturbed,
  withoutManifest,
} from "./batch.ts";

const DEVICES = 50;
const JOBS = ["1", "2", "3", "4"];

Deno.test("--jobs 1, 2, 3 and 4 write the same bytes", async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    for (
      const options of [
        KEY_OPTIONS.plain,
        ["--version", "1"],
        KEY_OPTIONS.given,
        [...KEY_OPTIONS.derived, "--prefix_num", "9", "4", "--fileid", "serial"],
        ["--shard", "2/3"],
      ]
    ) {
      await t.step(options.join(" ") || "plain", async () => {
        const outdirs = JOBS.map((jobs) => `out-${jobs}-${options.join("")}`.replaceAll("/", "_"));
        for (const [index, outdir] of outdirs.entries()) {
          await succeed(generate([...options, "--jobs", JOBS[index]!], outdir), cwd);
        }
        const [first, ...others] = outdirs.map((outdir) => join(cwd, outdir));
        for (const other of others) {
          assertSameFiles(withoutManifest(other), withoutManifest(first!));
          assertEquals(sortedManifest(other), sortedManifest(first!));
        }
      });
    }
  });
});

Deno.test("--jobs with fresh keys: every image has its own key, and its row", async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const plain = await undisturbed(cwd);
    for (const kind of ["fresh", "freshHmac"] satisfies KeyKind[]) {
      for (const jobs of ["1", "3", "8"]) {
        await t.step(`${kind}, ${jobs}`, async () => {
          const outdir = `out-${kind}-${jobs}`;
          await succeed(generate([...KEY_OPTIONS[kind], "--jobs", jobs], outdir), cwd);
          await assertFinished(join(cwd, outdir), kind, plain);
        });
      }
    }
  });
});

Deno.test("a batch begun with some workers is resumed with others", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const reference = await undisturbed(cwd);
    const outdir = join(cwd, "out");
    await succeed(generate(["--jobs", "3"]), cwd);
    for (const jobs of ["1", "2", "4"]) {
      for (const device of [1, 2, 17, DEVICES]) {
        Deno.removeSync(join(outdir, `bin/Dev-${device}.bin`));
      }
      await succeed(generate(["--jobs", jobs, "--resume"]), cwd);
      await assertFinished(outdir, "plain", reference);
    }
  });
});
