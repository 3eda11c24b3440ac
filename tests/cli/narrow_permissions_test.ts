/** Permissions for one folder alone: threads cannot be loaded then, and one lane does the work. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, isCompiled, projectPath, treeOf, writeFiles } from "../helpers.ts";

const DEVICES = 1000;
const VALUES = `serial\n${Array.from({ length: DEVICES }, (_, index) => `SN-${index}\n`).join("")}`;

/** Runs the program with permissions for its current folder alone. */
async function runNarrowly(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      `--config=${projectPath("deno.json")}`,
      `--allow-read=${cwd}`,
      `--allow-write=${cwd}`,
      projectPath("main.ts"),
      ...args,
    ],
    cwd,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function batch(command: string, outdir: string, ...options: string[]): string[] {
  return [command, "conf.csv", "values.csv", "Dev", "0x3000", "--outdir", outdir, ...options];
}

const INPUTS = { "conf.csv": "n,namespace,\nserial,data,string\n", "values.csv": VALUES };

Deno.test({
  name: `--allow-read=DIR --allow-write=DIR: ${DEVICES} devices are made and verified`,
  ignore: isCompiled, // an executable brings its permissions
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    for (const [index, jobs] of [[], ["--jobs", "1"], ["--jobs", "4"]].entries()) {
      const made = await runNarrowly(batch("generate", `out-${index}`, ...jobs), cwd);
      assertEquals([made.code, made.stderr], [0, ""]);
      assertMatch(made.stdout, RegExp(`^${DEVICES} devices in`));
      const verified = await runNarrowly(batch("verify", `out-${index}`, ...jobs), cwd);
      assertEquals([verified.code, verified.stderr], [0, ""]);
      assert(verified.stdout.includes(`${DEVICES} ok`), verified.stdout.slice(-200));
    }
    assertEquals(treeOf(join(cwd, "out-0/bin")), treeOf(join(cwd, "out-1/bin")));
    assertEquals(treeOf(join(cwd, "out-2/bin")), treeOf(join(cwd, "out-1/bin")));
  });
});

Deno.test({
  name: "an output folder outside the permissions: exit 4 with the path, no stack trace",
  ignore: isCompiled,
}, async () => {
  await inTempFolder(async (elsewhere) => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, INPUTS);
      const { code, stdout, stderr } = await runNarrowly(batch("generate", elsewhere), cwd);
      assertEquals([code, stdout], [4, ""]);
      assert(stderr.includes(elsewhere) && stderr.includes("without the permission"), stderr);
      assert(!/\bbug\b|\.ts:\d+/.test(stderr), stderr);
    });
  });
});
