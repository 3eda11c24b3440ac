/** Names of the files that a batch writes. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { filesIn, inTempFolder, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";
import { CONF, GENERATE } from "./bad_inputs.ts";

interface Named {
  options: readonly string[];
  names: readonly string[];
  /** What is said on standard error; nothing by default. */
  warning?: string;
}

const NAMED: readonly Named[] = [
  { options: [], names: ["Dev-1", "Dev-2"] },
  { options: ["--fileid", "id"], names: ["Dev-A.1", "Dev-b"] },
  { options: ["--fileid", "k"], names: ["Dev-1", "Dev-2"] },
  { options: ["--prefix_num", "9", "4"], names: ["Dev-0009-1", "Dev-0010-2"] },
  { options: ["--prefix_num", "9", "1"], names: ["Dev-10-2", "Dev-9-1"] },
  { options: ["--prefix_num", "0", "0"], names: ["Dev-0-1", "Dev-1-2"] },
  { options: ["--prefix_num", "007", "02"], names: ["Dev-07-1", "Dev-08-2"] },
  { options: ["--prefix-num=9", "4", "--fileid=id"], names: ["Dev-0009-A.1", "Dev-0010-b"] },
  {
    options: ["--prefix_num", "999999999999999", "15", "--fileid", "same"],
    names: ["Dev-1000000000000000-x", "Dev-999999999999999-x"],
    warning: 'warning: values.csv:3:3 (x): key "same": has the value of line 2 again; ' +
      "give each device its own\n",
  },
];

Deno.test("names of the files", async (t) => {
  const results = await pool(NAMED, POOL_WIDTH, ({ options }) =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { "conf.csv": CONF, "values.csv": "k,id,same\n1,A.1,x\n2,b,x\n" });
      const { code, stderr } = await runProgram([...GENERATE, ...options], { cwd });
      const files = code === 0 ? filesIn(join(cwd, "out")) : [];
      return { code, stderr, files: files.filter((path) => !path.startsWith("manifest-")) };
    }));
  for (const [index, { options, names, warning = "" }] of NAMED.entries()) {
    await t.step(options.join(" ") || "no options", () => {
      const { code, stderr, files } = results[index]!;
      assertEquals([code, stderr], [0, warning]);
      assertEquals(files, [
        ...names.map((name) => `bin/${name}.bin`),
        ...names.map((name) => `csv/${name}.csv`),
      ]);
    });
  }
});
