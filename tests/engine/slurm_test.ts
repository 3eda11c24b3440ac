/** The Slurm example on a real Slurm: its shards are one run, also when a task is submitted again. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, projectPath, writeFiles } from "../helpers.ts";
import {
  assertFinished,
  batchFiles,
  generate,
  KEY_OPTIONS,
  manifestRows,
  undisturbed,
} from "./batch.ts";
import { writeMfgGen } from "./example_tools.ts";
import { SlurmCluster, slurmFault } from "./slurm.ts";

const DEVICES = 60;
const fault = slurmFault();

/** What stands behind `generate`. */
const BATCH = generate(KEY_OPTIONS.fresh).slice(1);

Deno.test({
  name: `slurm-array.sh: an array job is one run${fault === undefined ? "" : ` (${fault})`}`,
  ignore: fault !== undefined,
}, async () => {
  await inTempFolder(async (folder) => {
    const cwd = join(folder, "work");
    const tools = join(folder, "tools");
    const daemons = join(folder, "slurm");
    writeFiles(cwd, batchFiles(DEVICES));
    writeFiles(folder, { "tools/": "", "slurm/": "" });
    writeMfgGen(tools);
    const reference = await undisturbed(cwd);
    const outdir = join(cwd, "out");
    const cluster = await SlurmCluster.start(daemons);
    try {
      const submit = async (array: string, env: Record<string, string> = {}) => {
        const { PATH, ...rest } = cluster.environment;
        const { code, stdout, stderr } = await new Deno.Command("timeout", {
          args: [
            "60",
            "sbatch",
            "--wait",
            `--array=${array}`,
            projectPath("examples/slurm-array.sh"),
            ...BATCH,
          ],
          cwd,
          env: { ...rest, ...env, PATH: `${tools}:${PATH}` },
        }).output();
        const text = new TextDecoder();
        const said = `${text.decode(stdout)}${text.decode(stderr)}${outputsIn(cwd)}`;
        return { code, said };
      };

      const first = await submit("1-3");
      assertEquals(first.code, 0, first.said);
      assertEquals(first.said.match(/^20 devices in/gm)?.length, 3, first.said);
      await assertFinished(outdir, "fresh", reference);

      // A task of the array again, whose images are partly gone: the same keys, the same bytes.
      const rows = manifestRows(outdir);
      for (const device of [2, 5]) Deno.removeSync(join(outdir, `bin/Dev-${device}.bin`));
      const again = await submit("2", { SHARDS: "3" });
      assertEquals(again.code, 0, again.said);
      assertStringIncludes(again.said, "18 of them were done before");
      assertEquals(manifestRows(outdir), rows);
      await assertFinished(outdir, "fresh", reference);

      const alone = await submit("2");
      assertEquals(alone.code === 0, false, "a part of an array, and nobody said of how many");
      assertStringIncludes(alone.said, "give --array=1-N");
    } finally {
      await cluster.stop();
    }
  });
});

/** What the tasks printed since this was last asked. */
function outputsIn(folder: string): string {
  let said = "";
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (!/^slurm-.*\.out$/.test(name)) continue;
    said += Deno.readTextFileSync(join(folder, name));
    Deno.removeSync(join(folder, name));
  }
  return said;
}
