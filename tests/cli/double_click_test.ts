/** No arguments: a usage error, but for a window on Windows that would close at once. */

import { assertEquals, assertMatch } from "@std/assert";
import { runCli } from "../../src/cli/run.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/ports/host.ts";
import { inTempFolder, runProgram } from "../helpers.ts";

interface Window {
  isWindows: boolean;
  input: boolean;
  output: boolean;
}

/** The program without arguments: what it says, and for how long it lingers. */
async function opened({ isWindows, input, output }: Window) {
  const said = { stdout: "", stderr: "", milliseconds: 0 };
  const machine = denoHost();
  const host: Host = {
    ...machine,
    files: Object.create(machine.files, { isWindows: { value: isWindows } }),
    print: (text) => void (said.stdout += text),
    printError: (text) => void (said.stderr += text),
    inputIsTerminal: () => input,
    outputIsTerminal: () => output,
    lingerForEnter: (milliseconds) => void (said.milliseconds = milliseconds),
  };
  return { code: await runCli([], host), ...said };
}

Deno.test("a double click on Windows is told what this is, in three lines, for 30 seconds", async () => {
  const { code, stdout, stderr, milliseconds } = await opened({
    isWindows: true,
    input: true,
    output: true,
  });
  assertEquals([code, stderr, milliseconds], [2, "", 30_000]);
  assertEquals(stdout.trimEnd().split("\n").length, 3);
  assertMatch(stdout, /factory images[^]*mfg_gen --help[^]*Press Enter/);
});

for (
  const window of [
    { isWindows: false, input: true, output: true },
    { isWindows: true, input: false, output: true },
    { isWindows: true, input: true, output: false },
  ]
) {
  Deno.test(`no arguments, ${JSON.stringify(window)}: a usage error at once`, async () => {
    const { code, stdout, stderr, milliseconds } = await opened(window);
    assertEquals([code, stdout, milliseconds], [2, "", 0]);
    assertMatch(stderr, /^error: no command is given\nTry: mfg_gen --help\n$/);
  });
}

Deno.test("no arguments in a script: a usage error at once, on any system", () =>
  inTempFolder(async (cwd) => {
    const { code, stdout, stderr } = await runProgram([], { cwd });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^error: no command is given\n/);
  }));
