/** `--json` with a command line that is wrong, or a system that refuses: JSON too. */

import { assert, assertEquals } from "@std/assert";
import { inTempFolder, isWindows, runProgram, writeFiles } from "../helpers.ts";
import { CONF, GENERATE, VALUES } from "./bad_inputs.ts";

const USAGE: readonly (readonly string[])[] = [
  [...GENERATE, "--nope", "--json"],
  ["generate", "--json"],
  ["generate", "conf.csv", "values.csv", "Dev", "3000", "--json"],
  [...GENERATE, "--json", "--json"],
  ["verify", "--json", "conf.csv"],
  ["generate-key", "--json", "surplus"],
  ["inspect", "a.bin", "--json", "--csv"],
  ["explain", "nothing-like-it", "--json"],
];

for (const args of USAGE) {
  Deno.test(`usage errors as JSON: ${args.join(" ")}`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES });
      const { code, stdout, stderr } = await runProgram(args, { cwd });
      assertEquals(code, 2, stderr);
      const { error, ...rest } = JSON.parse(stdout);
      const help = `mfg_gen ${args[0]} --help`;
      assertEquals(rest, { exit: 2, code: "usage", help });
      assertEquals(stderr, `error: ${error}\nTry: ${help}\n`);
    });
  });
}

for (
  const args of [
    [...GENERATE, "--nope"],
    ["inspect", "--json=x", "a.bin"],
    ["completions", "csh", "--json"],
    ["inspect", "--", "--json"],
    ["nope", "--json"],
  ]
) {
  Deno.test(`without a command that takes --json, or without it, no JSON: ${args.join(" ")}`, async () => {
    await inTempFolder(async (cwd) => {
      const { code, stdout } = await runProgram(args, { cwd });
      assert([2, 3].includes(code));
      assertEquals(stdout, "");
    });
  });
}

Deno.test("an image that cannot be read, with --json", {
  ignore: isWindows, // which says of such a path that nothing is there
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "a.bin": new Uint8Array(4096).fill(0xFF) });
    // A path that no system takes.
    const path = "x".repeat(5000);
    const { code, stdout, stderr } = await runProgram(["inspect", path, "--json"], { cwd });
    assertEquals(code, 4, stderr);
    const { error, ...rest } = JSON.parse(stdout);
    assertEquals(rest, { exit: 4, code: "io" });
    assertEquals(stderr, `error: ${error}\n`);
  });
});
