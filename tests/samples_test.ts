import { assert, assertEquals } from "@std/assert";
import { filesIn, inTempFolder, projectPath, runProcess, writeFiles } from "./helpers.ts";

const README = Deno.readTextFileSync(projectPath("samples/README.md"));
const COMMAND_START = "    deno run --allow-read --allow-write main.ts ";
const KEYS_HMAC = "testdata/sample_encryption_keys_hmac.bin";

/** Arguments of each command that samples/README.md shows. */
const commands = README.split("\n")
  .filter((line) => line.startsWith(COMMAND_START))
  .map((line) => line.slice(COMMAND_START.length).split(" "));

/** The samples and what they refer to, as in a fresh copy of the repository. */
function sampleInputs(): Record<string, Uint8Array> {
  const inputs: Record<string, Uint8Array> = {};
  for (const folder of ["samples", "testdata"]) {
    for (const { name, isFile } of Deno.readDirSync(projectPath(folder))) {
      if (!isFile || !name.startsWith("sample") || name.includes("_created")) continue;
      inputs[`${folder}/${name}`] = Deno.readFileSync(projectPath(`${folder}/${name}`));
    }
  }
  return inputs;
}

for (const args of commands) {
  const outdir = args[args.indexOf("--outdir") + 1]!;
  Deno.test(`samples/README.md: the command for ${outdir} runs`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, sampleInputs());
      const outcome = await runProcess(args, { cwd });
      assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
      const isBatch = args[0] === "generate";
      const files = filesIn(`${cwd}/${outdir}`);
      assertEquals(files.filter((file) => file.startsWith("bin/")).length, isBatch ? 3 : 0);
      for (const file of files.filter((name) => name.startsWith("keys/"))) {
        const keys = Deno.readFileSync(`${cwd}/${outdir}/${file}`);
        assertEquals(keys, Deno.readFileSync(`${cwd}/${KEYS_HMAC}`));
      }
    });
  });
}

Deno.test("samples/README.md names every sample and has a command for each values file", () => {
  const names = Object.keys(sampleInputs()).filter((path) => path.startsWith("samples/"));
  assertEquals(names.length, 5);
  for (const path of names) {
    assert(README.includes(`\`${path.slice("samples/".length)}\``), path);
    assert(commands.some((args) => args.includes(path)), path);
  }
});
