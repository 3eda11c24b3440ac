/** Inputs that change while a command reads them again: exit 4 naming them, and no stack trace. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, IO, isWindows, runProgram, startProcess, writeFiles } from "../helpers.ts";

/** Enough that values are left to read when pipe and reader are full, on any system. */
const DEVICES = 2500;
/** Long names, so that the output is more than a pipe holds: the program waits for its reader. */
const PREFIX = "D".repeat(190);
const VALUES = `serial\n${
  Array.from({ length: DEVICES }, (_, index) => `SN-${10_000 + index}\n`).join("")
}`;
const BATCH = ["conf.csv", "values.csv", PREFIX, "0x3000", "--outdir", "out", "--no-csv"];

const CHANGES: Record<string, (path: string) => void> = {
  "another value": (path) => {
    Deno.writeTextFileSync(path, VALUES.replace(`SN-${10_000 + DEVICES - 3}`, "SN-other"));
  },
  "a row less": (path) => Deno.writeTextFileSync(path, VALUES.slice(0, -"SN-12345\n".length)),
  "no file any more": (path) => Deno.removeSync(path),
};

/** Runs the program, and calls `change` when it has begun to print and waits for its reader. */
async function changedMeanwhile(args: readonly string[], cwd: string, change: () => void) {
  const child = startProcess(args, { cwd });
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert(value !== undefined && value.length > 0, "nothing was printed");
  change();
  while (!(await reader.read()).done);
  const { code } = await child.status;
  return { code, stderr: await errors };
}

for (const [name, change] of Object.entries(CHANGES)) {
  for (const jobs of ["1", "2"]) {
    Deno.test({
      name: `verify, --jobs ${jobs}, and ${name} in the values file: exit 4`,
      ignore: isWindows, // nobody knows how much a pipe holds there
    }, async () => {
      await inTempFolder(async (cwd) => {
        writeFiles(cwd, { "conf.csv": "n,namespace,\nserial,data,string\n", "values.csv": VALUES });
        assertEquals((await runProgram(["generate", ...BATCH], { cwd })).code, 0);
        const args = ["verify", ...BATCH, "--jobs", jobs];
        assertSaid(await changedMeanwhile(args, cwd, () => change(join(cwd, "values.csv"))));
      });
    });
  }

  Deno.test(`generate --dry-run, and ${name} in the values file: exit 4`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, { "conf.csv": "n,namespace,\nserial,data,string\n", "values.csv": VALUES });
      const args = ["generate", ...BATCH, "--dry-run"];
      assertSaid(await changedMeanwhile(args, cwd, () => change(join(cwd, "values.csv"))));
    });
  });
}

function assertSaid({ code, stderr }: { code: number; stderr: string }): void {
  assertEquals(code, IO, stderr);
  assertMatch(
    stderr,
    /^error: Cannot (use "values\.csv": it was changed while the program ran; start again|read "values\.csv": it does not exist)$/m,
  );
  assert(!/\bbug\b|\.ts:\d+/.test(stderr), stderr);
}
