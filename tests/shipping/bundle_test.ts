import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { bundle } from "../../scripts/compile.ts";
import { filesForUsers } from "../../scripts/project.ts";
import { filesIn, inTempFolder, runProgram, treeOf, writeFiles } from "../helpers.ts";

const SAMPLE = [
  "generate",
  "samples/sample_config.csv",
  "samples/sample_values_multipage_blob.csv",
];

/** The samples by the program as it is tested, and by its bundle. */
async function inBoth(
  use: (source: string, bundled: string, main: string) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (folder) => {
    const { main } = await bundle(join(folder, "bundle"));
    assertEquals(filesIn(join(folder, "bundle")), ["main.js", "thread.ts"]);
    const samples = Object.fromEntries(filesForUsers().map(({ path, data }) => [path, data]));
    for (const name of ["source", "bundled"]) writeFiles(join(folder, name), samples);
    await use(join(folder, "source"), join(folder, "bundled"), main);
  });
}

async function runBundle(main: string, args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--no-prompt", "--allow-read", "--allow-write", main, ...args],
    cwd,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("bundle: makes what the source makes, in this thread and in workers", () =>
  inBoth(async (source, bundled, main) => {
    for (const jobs of ["1", "2"]) {
      const args = [...SAMPLE, "Sample", "0x4000", "--no-csv", "--quiet", "--jobs", jobs];
      args.push("--outdir", `out-${jobs}`);
      const expected = await runProgram(args, { cwd: source });
      assertEquals(expected.code, 0);
      assertEquals(await runBundle(main, args, bundled), expected);
    }
    assertEquals(treeOf(join(bundled, "out-2/bin")), treeOf(join(source, "out-2/bin")));
    assertEquals(treeOf(join(bundled, "out-1/bin")), treeOf(join(source, "out-2/bin")));
  }));

Deno.test("bundle: every command is in it", () =>
  inBoth(async (source, bundled, main) => {
    for (const args of [["--help"], ["-V"], ["inspect", "no.bin"], ["diff", "a", "b"], ["typo"]]) {
      assertEquals(await runBundle(main, args, bundled), await runProgram(args, { cwd: source }));
    }
  }));
