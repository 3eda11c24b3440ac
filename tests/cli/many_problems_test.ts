/** Bad input: more problems than anybody reads, and how they are printed and counted. */

import { assert, assertEquals } from "@std/assert";
import { type Files, inTempFolder, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { assertRefused, CONF, GENERATE, REJECTED } from "./bad_inputs.ts";

async function runWith(files: Files, options: readonly string[] = []) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    const before = treeOf(cwd);
    const { code, stdout, stderr } = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals(treeOf(cwd), before);
    assertEquals(code, REJECTED, stderr);
    assertRefused({ code, stdout, stderr });
    return { stdout, lines: stderr.trimEnd().split("\n") };
  });
}

/** So many devices, with numbers that no u8 holds. */
function tooLarge(deviceCount: number, numberOf = (index: number) => 256 + index): Files {
  const rows = Array.from({ length: deviceCount }, (_, index) => `${numberOf(index)},S${index}\n`);
  return { "conf.csv": CONF, "values.csv": `k,id\n${rows.join("")}` };
}

const TAKES = "does not fit u8; it takes 0 to 255";
const LEARN = "to learn more: mfg_gen explain value-out-of-range";

Deno.test("one kind of problem on many rows is told once, with its count and three places", async () => {
  assertEquals(await runWith(tooLarge(250), ["--fileid", "id"]), {
    stdout: "",
    lines: [
      `values.csv:2:1 (S0): key "k": 256 ${TAKES}`,
      `values.csv:3:1 (S1): key "k": 257 ${TAKES}`,
      `values.csv:4:1 (S2): key "k": 258 ${TAKES}`,
      "  and 247 more like that, 250 in all (value-out-of-range)",
      "250 problems; nothing was written",
      LEARN,
    ],
  });
});

Deno.test("where the same is wrong, it is said once", async () => {
  assertEquals((await runWith(tooLarge(4, (index) => index === 1 ? 999 : 300))).lines, [
    `values.csv:2:1 (device 1): key "k": 300 ${TAKES}`,
    "  the same in values.csv:4:1 (device 3)",
    `values.csv:3:1 (device 2): key "k": 999 ${TAKES}`,
    "  and 1 more like that, 4 in all (value-out-of-range)",
    "4 problems; nothing was written",
    LEARN,
  ]);
});

Deno.test("a place has the row of a spreadsheet where it is another than the line", async () => {
  const values = 'k,id\n1,"a\nb"\n300,c\n"4\n00",d\n500,e\n';
  assertEquals((await runWith({ "conf.csv": CONF, "values.csv": values })).lines.slice(0, 4), [
    `values.csv:4:1 (row 3, device 2): key "k": 300 ${TAKES}`,
    `values.csv:7:1 (row 5, device 4): key "k": 500 ${TAKES}`,
    'values.csv:5:1 (row 4, device 3): key "k": "4\\n00" is not a whole number; ' +
    "a u8 takes 0 to 255, decimal or 0x…",
    "3 problems; nothing was written",
  ]);
  // A spreadsheet takes the line that names the separator away.
  const named = `sep=;\n${values.replaceAll(",", ";")}`;
  const [first] = (await runWith({ "conf.csv": CONF, "values.csv": named })).lines
    .filter((line) => line.includes("key"));
  assertEquals(first, `values.csv:5:1 (row 3, device 2): key "k": 300 ${TAKES}`);
});

Deno.test("of more than a hundred kinds the first hundred are told, and all are counted", async () => {
  const keys = Array.from({ length: 130 }, (_, index) => `k${index},data,u9\n`);
  const { lines } = await runWith({
    "conf.csv": `n,namespace,\n${keys.join("")}`,
    "values.csv": "",
  });
  assertEquals(lines.filter((line) => line.startsWith("conf.csv:")).length, 100);
  assertEquals(lines.slice(100), [
    "… and 30 more",
    "130 problems; nothing was written",
    "to learn more: mfg_gen explain encoding-unknown",
  ]);
});

Deno.test("--json names the first 1,000 places of a kind, and counts all", async () => {
  const { stdout, lines } = await runWith(tooLarge(1234), ["--json", "--fileid", "id"]);
  const document = JSON.parse(stdout);
  assertEquals(document.exit, REJECTED);
  assertEquals(document.problem_count, 1234);
  assertEquals(document.problem_kinds, [{ code: "value-out-of-range", total: 1234 }]);
  assertEquals(document.problems.length, 1000);
  assertEquals(document.problems[1], {
    code: "value-out-of-range",
    file: "values.csv",
    line: 3,
    row: 3,
    device: 2,
    file_id: "S1",
    column: 1,
    key: "k",
    message: `257 ${TAKES}`,
  });
  assert(lines.includes("1234 problems; nothing was written"));
});

Deno.test("data that do not fit: the fullest device tells the size that would do", async () => {
  const sizes = [100, 20000, 9000, 30000, 9000, 12000];
  const rows = sizes.map((size, index) => `${"ab".repeat(size)},S${index}\n`);
  const files = {
    "conf.csv": "n,namespace,\nk,data,hex2bin\n",
    "values.csv": `k,id\n${rows.join("")}`,
  };
  const { stdout, lines } = await runWith(files, ["--fileid", "id", "--json"]);
  assertEquals(lines, [
    'values.csv:3 (S1): the data of "Dev-S1" needs 0x7000, has 0x3000; ' +
    "give a larger size, or less data",
    'values.csv:4 (S2): the data of "Dev-S2" needs 0x4000, has 0x3000; ' +
    "give a larger size, or less data",
    'values.csv:5 (S3): the data of "Dev-S3" needs 0x9000, has 0x3000; ' +
    "give a larger size, or less data",
    "  and 2 more like that, 5 in all (partition-full)",
    'hint: the fullest device, "Dev-S3", needs a size of 0x9000',
    "5 problems; nothing was written",
    "to learn more: mfg_gen explain partition-full",
  ]);
  assertEquals(JSON.parse(stdout).problem_kinds, [{
    code: "partition-full",
    total: 5,
    summary: 'the fullest device, "Dev-S3", needs a size of 0x9000',
  }]);
  const larger = GENERATE.map((argument) => argument === "0x3000" ? "0x9000" : argument);
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    assertEquals((await runProgram([...larger, "--fileid", "id"], { cwd })).code, 0);
  });
});
