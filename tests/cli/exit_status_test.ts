/** Each exit status as a process has it: what all other tests see of a run is what the system sees. */

import { assertEquals } from "@std/assert";
import {
  DIFFERENCE,
  DONE,
  inTempFolder,
  IO,
  REJECTED,
  runProcess,
  runProgram,
  treeOf,
  USAGE,
  writeFiles,
} from "../helpers.ts";
import { CONF, GENERATE, VALUES } from "./bad_inputs.ts";

const VERIFY = ["verify", ...GENERATE.slice(1)];

/** A run by the exit status that it ends with; the files are there as `writeFiles` takes them. */
const RUNS = [
  { exit: DONE, args: GENERATE, files: {} },
  { exit: DONE, args: ["help", "inspect"], files: {} },
  { exit: USAGE, args: [...GENERATE, "--keygn"], files: {} },
  { exit: REJECTED, args: GENERATE, files: { "values.csv": "k\n256\né\n" } },
  { exit: IO, args: GENERATE, files: { "out/manifest-Dev.csv/": "" } },
  { exit: DIFFERENCE, args: VERIFY, files: { "out/bin/Dev-1.bin": "no image" } },
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
