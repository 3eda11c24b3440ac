/** Bad input: more problems than anybody reads, and how they are printed and counted. */

import { assert, assertEquals } from "@std/assert";
import { inTempFolder, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { assertRefused, CONF, GENERATE, REJECTED } from "./bad_inputs.ts";

const DEVICE_COUNT = 250;
const KEPT = 100;

async function runWith(deviceCount: number, options: readonly string[]) {
  return await inTempFolder(async (cwd) => {
    const rows = Array.from({ length: deviceCount }, (_, index) => `${256 + index}\n`);
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": `k\n${rows.join("")}` });
    const before = treeOf(cwd);
    const outcome = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals(treeOf(cwd), before);
    assertEquals(outcome.code, REJECTED);
    assertRefused(outcome);
    return outcome;
  });
}

Deno.test("of 250 problems the first 100 are printed and all are counted", async () => {
  const { stdout, stderr } = await runWith(DEVICE_COUNT, []);
  const lines = stderr.trimEnd().split("\n");
  assertEquals(stdout, "");
  assertEquals(lines.length, KEPT + 2);
  for (const [index, line] of lines.slice(0, KEPT).entries()) {
    const start = `values.csv:${index + 2}:1: key "k": ${256 + index} does not fit u8`;
    assert(line.startsWith(start), line);
  }
  assertEquals(lines.slice(KEPT), ["… and 150 more", "250 problems; nothing was written"]);
});

for (
  const [deviceCount, tail] of [
    [1, ["1 problem; nothing was written"]],
    [KEPT, ["100 problems; nothing was written"]],
    [KEPT + 1, ["… and 1 more", "101 problems; nothing was written"]],
  ] as const
) {
  Deno.test(`${deviceCount} problems end with "${tail.join(" ")}"`, async () => {
    const { stderr } = await runWith(deviceCount, ["--quiet"]);
    const lines = stderr.trimEnd().split("\n");
    assertEquals(lines.slice(Math.min(deviceCount, KEPT)), [...tail]);
  });
}

Deno.test("--json gives the problems as one document, with their places", async () => {
  const { stdout, stderr } = await runWith(DEVICE_COUNT, ["--json"]);
  const document = JSON.parse(stdout);
  assertEquals(document.exit, REJECTED);
  assertEquals(document.problem_count, DEVICE_COUNT);
  assertEquals(document.problems.length, KEPT);
  assertEquals(document.problems[1], {
    file: "values.csv",
    line: 3,
    column: 1,
    key: "k",
    message: "257 does not fit u8; it takes 0 to 255",
  });
  assert(stderr.includes("250 problems; nothing was written"), stderr);
});
