/** The progress line: on a terminal, and only there. */

import { assert, assertEquals, assertLess, assertLessOrEqual, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, runProgram, writeFiles } from "../helpers.ts";
import {
  assertFinished,
  batchFiles,
  generate,
  MANIFEST,
  MANIFEST_HEADER,
  succeed,
  undisturbed,
} from "./batch.ts";
import { runOnTerminal, type TerminalOutcome, whyNoTerminal } from "./terminal.ts";

const CLEAR_LINE = "\r\x1B[2K";
const DEVICES = 2000;
const UPDATES_PER_SECOND = 10;

const noTerminal = await whyNoTerminal();

function onTerminal(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: noTerminal !== undefined }, run);
}

/** The lines that were shown one after the other in the same place. */
function shownLines({ terminal }: TerminalOutcome): string[] {
  return terminal.split(CLEAR_LINE).filter((line) => line !== "");
}

function phasesOf(lines: string[]): string[] {
  const phases = lines.map((line) => line.replace(/ \d.*$/s, ""));
  return phases.filter((phase, index) => phase !== phases[index - 1]);
}

onTerminal("a batch on a terminal shows one line for each phase, gone at the end", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const outcome = await runOnTerminal(generate(), { cwd });
    assertEquals(outcome.code, 0);
    assertMatch(outcome.stdout, /^2000 devices in/);
    const lines = shownLines(outcome);
    assertEquals(phasesOf(lines), ["checking", "filling in repeated values", "writing"]);
    for (const line of lines) {
      assertMatch(
        line,
        /^(checking \d+ devices?|filling in repeated values.*|writing \d+ of 2000 devices)(, \d+\/s)?(, .* left)?$/,
      );
      assertLess(line.length, 80);
    }
    assert(lines.some((line) => /writing [1-9]\d* of 2000 devices, \d+\/s, \d+ s left/.test(line)));
    assert(outcome.terminal.endsWith(CLEAR_LINE), "the line stays");
    assert(!outcome.terminal.includes("\n"), "the line leaves its place");
    const seconds = outcome.milliseconds / 1000;
    assertLessOrEqual(lines.length, seconds * UPDATES_PER_SECOND + 2);
  });
});

onTerminal("a narrow terminal: the line is cut, not wrapped", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(300));
    const lines = shownLines(await runOnTerminal(generate(), { cwd, columns: 20 }));
    assert(lines.length > 0);
    for (const line of lines) assertLess(line.length, 20);
  });
});

onTerminal("problems stand on a terminal without a rest of the line", async () => {
  await inTempFolder(async (cwd) => {
    const inputs = batchFiles(MANY_DEVICES);
    writeFiles(cwd, { ...inputs, "values.csv": `${inputs["values.csv"]}X,x,files/cert-0.bin,\n` });
    const { code, terminal } = await runOnTerminal(generate(), { cwd });
    assertEquals(code, 3);
    assert(terminal.includes(CLEAR_LINE), terminal);
    const text = terminal.slice(terminal.lastIndexOf(CLEAR_LINE) + CLEAR_LINE.length);
    assertMatch(text, /^values\.csv:20002:/);
  });
});

/** Takes long enough for a line to show, and writes nothing. */
const LONG_CHECK = generate(["--dry-run"]);
const MANY_DEVICES = 20_000;

onTerminal("--quiet shows nothing", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(MANY_DEVICES));
    assert((await runOnTerminal(LONG_CHECK, { cwd })).terminal.includes("checking"));
    const { code, stdout, terminal } = await runOnTerminal([...LONG_CHECK, "--quiet"], { cwd });
    assertEquals([code, stdout, terminal], [0, "", ""]);
  });
});

Deno.test("no progress when standard error is a pipe", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(MANY_DEVICES));
    const { code, stderr } = await runProgram(LONG_CHECK, { cwd });
    assertEquals([code, stderr], [0, ""]);
  });
});

onTerminal("Ctrl-C while the record of finished devices is read is heard at once", async () => {
  const devices = 60;
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(devices));
    const reference = await undisturbed(cwd);
    await succeed(generate(), cwd);
    const manifest = join(cwd, "out", MANIFEST);
    const rows = Deno.readTextFileSync(manifest).slice(MANIFEST_HEADER.length + 1);
    // The rows many times, so that reading them takes long.
    Deno.writeTextFileSync(manifest, rows.repeat(4000), { append: true });
    const delays: number[] = [];
    for (const jobs of ["1", "2"]) {
      const { code, terminal, afterSignal } = await runOnTerminal(
        generate(["--jobs", jobs, "--resume"]),
        { cwd, interruptAt: "reading the manifest" },
      );
      assertEquals(code, 130, terminal);
      assertMatch(terminal, /interrupted: .*\r\ngo on with: mfg_gen .* --resume\r\n$/);
      delays.push(afterSignal);
    }
    const whole = await runOnTerminal(generate(["--resume"]), { cwd });
    assertEquals(whole.code, 0, whole.terminal);
    console.log(
      `heard after ${delays.map(Math.round).join(" and ")} ms, of ${
        Math.round(whole.milliseconds)
      } for all`,
    );
    for (const delay of delays) assertLess(delay, whole.milliseconds / 2);
    await assertFinished(join(cwd, "out"), "plain", reference, "damaged");
  });
});
