/** Files that cells name and that are not there: one hint says from where paths are taken. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Files, inTempFolder, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { problemCount } from "./bad_inputs.ts";

const CONF = "n,namespace,\nk,file,binary\n";
const NVS_CSV = "key,type,encoding,value\nn,namespace,,\nk,file,binary,d/1.bin\n";
const HINT =
  "hint: no file that cells name was found: their paths are taken from the current folder";

interface Case {
  name: string;
  files: Files;
  args: readonly string[];
  /** How many problems there are. */
  problems: number;
  /** What the hint ends with, below the working folder; none by default. */
  mend?: (folder: string) => string;
}

const GENERATE = ["generate", "in/conf.csv", "in/values.csv", "Dev", "0x3000"];
const VALUES = "k\nd/1.bin\nd/2.bin\n";
const start = (folder: string) => `they are in ${folder}: start the program there`;
const OTHERWISE = "start the program in the folder that they are below, or write whole paths";

const CASES: readonly Case[] = [
  {
    name: "the files are beside the values",
    files: { "in/conf.csv": CONF, "in/values.csv": VALUES, "in/d/1.bin": "x", "in/d/2.bin": "x" },
    args: GENERATE,
    problems: 2,
    mend: (cwd) => start(join(cwd, "in")),
  },
  {
    name: "the files are beside the configuration",
    files: { "conf/c.csv": CONF, "in/values.csv": VALUES, "conf/d/1.bin": "x" },
    args: ["generate", "conf/c.csv", "in/values.csv", "Dev", "0x3000"],
    problems: 2,
    mend: (cwd) => start(join(cwd, "conf")),
  },
  {
    name: "the files are nowhere near",
    files: { "in/conf.csv": CONF, "in/values.csv": VALUES },
    args: GENERATE,
    problems: 2,
    mend: () => OTHERWISE,
  },
  {
    name: "more problems than are printed: the hint is",
    files: { "in/conf.csv": CONF, "in/values.csv": "k\n" + "d/1.bin\n".repeat(200) },
    args: GENERATE,
    problems: 200,
    mend: () => OTHERWISE,
  },
  {
    name: "one of the files is there: no hint",
    files: { "in/conf.csv": CONF, "in/values.csv": VALUES, "in/d/1.bin": "x", "d/2.bin": "x" },
    args: GENERATE,
    problems: 1,
  },
  {
    name: "a path leads to a folder: no hint",
    files: { "in/conf.csv": CONF, "in/values.csv": VALUES, "d/2.bin/": "" },
    args: GENERATE,
    problems: 2,
  },
  {
    name: "whole paths: no hint",
    files: { "in/conf.csv": CONF, "in/values.csv": "k\n/nowhere/at/all.bin\n" },
    args: GENERATE,
    problems: 1,
  },
  {
    name: "verify says so too",
    files: { "in/conf.csv": CONF, "in/values.csv": VALUES, "in/d/1.bin": "x" },
    args: ["verify", ...GENERATE.slice(1)],
    problems: 2,
    mend: (cwd) => start(join(cwd, "in")),
  },
  {
    name: "image: the files are beside the CSV",
    files: { "in/nvs.csv": NVS_CSV, "in/d/1.bin": "x" },
    args: ["image", "in/nvs.csv", "nvs.bin", "0x3000"],
    problems: 1,
    mend: (cwd) => start(join(cwd, "in")),
  },
];

for (const { name, files, args, problems, mend } of CASES) {
  Deno.test(name, async () => {
    await inTempFolder(async (folder) => {
      const cwd = Deno.realPathSync(folder);
      writeFiles(cwd, files);
      const before = treeOf(cwd);
      const outcome = await runProgram([...args, "--json"], { cwd });
      assertEquals(outcome.code, 3, outcome.stderr);
      assertEquals(treeOf(cwd), before);
      const document = JSON.parse(outcome.stdout);
      assertEquals(document.problem_count, problems);
      const hints = outcome.stderr.split("\n").filter((line) => line.startsWith("hint: "));
      const expected = mend && `${HINT}, ${cwd}; ${mend(cwd)}`;
      assertEquals(hints, expected === undefined ? [] : [expected]);
      const { summary } = document.problem_kinds.at(-1);
      assertEquals(summary, expected?.slice("hint: ".length));
      assertEquals(problemCount(outcome.stderr), problems);
      assertStringIncludes(outcome.stderr, 'key "k": file "');
    });
  });
}
