/** Each exit status as a process has it: what all other tests see of a run is what the system sees. */

import { assertEquals } from "@std/assert";
import { EXIT } from "../../src/cli/exit_code.ts";
import { inTempFolder, runProcess, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { CONF, GENERATE, VALUES } from "./bad_inputs.ts";

const VERIFY = ["verify", ...GENERATE.slice(1)];

/** A run by the exit status that it ends with; the files are there as `writeFiles` takes them. */
const RUNS = [
  { exit: EXIT.done, args: GENERATE, files: {} },
  { exit: EXIT.done, args: ["help", "inspect"], files: {} },
  { exit: EXIT.usage, args: [...GENERATE, "--keygn"], files: {} },
  { exit: EXIT.rejected, args: GENERATE, files: { "values.csv": "k\n256\né\n" } },
  { exit: EXIT.io, args: GENERATE, files: { "out": "a file" } },
  { exit: EXIT.difference, args: VERIFY, files: { "out/bin/Dev-1.bin": "no image" } },
] as const;

for (const { exit, args, files } of RUNS) {
  Deno.test(`exit status ${exit}: mfg_gen ${args.join(" ")}`, async () => {
    const [ofProcess, standing] = await Promise.all(
      [runProcess, runProgram].map((run) =>
        inTempFolder(async (cwd) => {
          writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, ...files });
          const { stdout, ...outcome } = await run(args, { cwd });
          const said = stdout.replace(/ in .* s \(\d+ devices\/s\)/, ""); // which is never the same
          return { ...outcome, stdout: said, tree: treeOf(cwd) };
        })
      ),
    );
    assertEquals(ofProcess!.code, exit, ofProcess!.stderr);
    assertEquals(standing, ofProcess);
  });
}
