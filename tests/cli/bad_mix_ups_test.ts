/** Bad input: files in each other's place, told by what they begin with, without a cell of them. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Files, inTempFolder, REJECTED, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { assertRefused, type BadInput, CONF, testBadInputs, utf16, VALUES } from "./bad_inputs.ts";

const NVS_CSV = "key,type,encoding,value\nn,namespace,,\nk,data,u8,7\n";

function generate(conf: string, values: string): string[] {
  return ["generate", conf, values, "Dev", "0x3000", "--outdir", "out"];
}

function swapped(name: string, conf: string | Uint8Array, values: string | Uint8Array): BadInput {
  return {
    name: `swapped: ${name}`,
    conf,
    values,
    args: generate("values.csv", "conf.csv"),
    says: [
      'values.csv: has no namespace row, and "conf.csv" begins with one: the two are swapped; the ' +
      'configuration comes first: "conf.csv" "values.csv"\n',
    ],
    problems: 1,
  };
}

testBadInputs("files in each other's place are refused", [
  swapped("one key", CONF, VALUES),
  swapped("comments above the configuration", `# keys\n\n${CONF}`, VALUES),
  swapped("semicolons", "n;namespace;\nk;data;u8\n", "id;k\n1;2\n"),
  swapped("UTF-16", utf16(CONF, true), utf16(VALUES, true)),
  swapped("two namespaces, one below the other", `m,namespace,\n${CONF}`, VALUES),
  swapped("a type in capitals", "n,namespace,\nk,DATA,u8\n", VALUES),
  {
    name: "one file for both",
    args: generate("conf.csv", "./conf.csv"),
    says: ["conf.csv: is given as the configuration and as the values; they are two files: the"],
    problems: 1,
  },
  {
    name: "values for both",
    args: generate("values.csv", "values.csv"),
    says: ["values.csv: is given as the configuration and as the values"],
    problems: 1,
  },
  {
    name: "one file for both, which is not there",
    args: generate("gone.csv", "gone.csv"),
    says: ["gone.csv: does not exist"],
    problems: 2,
  },
  {
    name: "a column of the values is called namespace: they are not the configuration",
    conf: "k,u8\n",
    values: "k,namespace,mac\n1,2,3\n",
    says: ["conf.csv:1: is no configuration, as few rows say"],
    problems: 1,
  },
  {
    name: "a configuration with a fault and its values",
    conf: "n,namespace,\nk,data,U8\n",
    says: ['conf.csv:2:3: key "k": encoding "U8" is unknown'],
    problems: 1,
  },
  {
    name: "values of another batch as the configuration",
    conf: "serial,pin\nSN-1,1234\n",
    says: [
      'conf.csv:1: is no configuration, as few rows say "namespace", "data" or "file" in their ' +
      'second cell; write rows "name,namespace," and "key,type,encoding"',
    ],
    problems: 1,
  },
  {
    name: "values of which one has a word of a configuration in its second cell",
    conf:
      "serial,kind,pin\nSN-1,hunter2pw,1234\nSN-2,data,u8\nSN-3,hunter3pw,9\nSN-4,hunter4pw,8\n",
    says: ["conf.csv:1: is no configuration, as few rows say"],
    problems: 1,
  },
  {
    name: "an NVS CSV as the configuration",
    conf: NVS_CSV,
    says: [
      'conf.csv:1: is an NVS CSV, whose header is "key,type,encoding,value"; mfg_gen image makes',
    ],
    problems: 1,
  },
  {
    name: "an NVS CSV with its columns in another order as the configuration",
    conf: "type,key,value,encoding\nnamespace,n,,\ndata,k,7,u8\n",
    says: ["conf.csv:1: is an NVS CSV"],
    problems: 1,
  },
  {
    name: "image: a configuration",
    args: ["image", "conf.csv", "nvs.bin", "0x3000"],
    says: ["conf.csv:1: begins with a namespace row, as a configuration does; mfg_gen generate"],
    problems: 1,
  },
  {
    name: "image: values",
    values: "serial,k\nSN-1,7\n",
    args: ["image", "values.csv", "nvs.bin", "0x3000"],
    says: [
      'values.csv:1: its header lacks key, type, encoding, value; write "key,type,encoding,value"; ' +
      "values with a row for each device are for mfg_gen generate",
    ],
    problems: 1,
  },
]);

const SECRETS = "serial,pin\nhunter2,s3cret99\nhunter3,s3cret98\n";

for (
  const [name, files, args] of [
    ["swapped", { "c.csv": CONF, "v.csv": SECRETS }, ["v.csv", "c.csv"]],
    ["values for both", { "v.csv": SECRETS }, ["v.csv", "v.csv"]],
    ["values of two batches", { "v.csv": SECRETS, "w.csv": SECRETS }, ["v.csv", "w.csv"]],
  ] as [string, Files, string[]][]
) {
  for (const command of ["generate", "verify"]) {
    Deno.test(`${command}, ${name}: one problem, and no value is printed`, async () => {
      await inTempFolder(async (cwd) => {
        writeFiles(cwd, files);
        const before = treeOf(cwd);
        const outcome = await runProgram([command, ...args, "Dev", "0x3000", "--json"], { cwd });
        assertEquals(outcome.code, 3);
        assertRefused(outcome, ["hunter", "s3cret"]);
        assertStringIncludes(outcome.stderr, "1 problem; nothing was ");
        assert(JSON.parse(outcome.stdout).problem_count === 1);
        assertEquals(treeOf(cwd), before);
      });
    });
  }
}

const NO_TABLE = "no partition table; give the binary one of the build, or its CSV\n";
const NO_TABLE_LINES =
  'no partition table; a line of its CSV is like "nvs,data,nvs,0x9000,0x6000", with commas\n';
/** Files in the partition table's place, and what is said of each. */
const NO_TABLES: readonly { name: string; content: string | Uint8Array; says: string }[] = [
  { name: "values", content: "id,pw\n1,Secret-1\n", says: `t.csv: is a CSV, ${NO_TABLE_LINES}` },
  {
    name: "values with numbers in the type's place",
    content: "id,hw,pw\n1,2,Secret-1\n",
    says: `t.csv: is a CSV, ${NO_TABLE_LINES}`,
  },
  {
    name: "values with semicolons",
    content: "id;pw;hw\n1;Secret-1-long-one;3\n",
    says: `t.csv: is a CSV, ${NO_TABLE_LINES}`,
  },
  {
    name: "an NVS CSV",
    content: `${NVS_CSV}pw,data,string,Secret-1\nSecret-1-long-one,data,u8,3\n`,
    says: `t.csv: is an NVS CSV, ${NO_TABLE}`,
  },
  { name: "a configuration", content: CONF, says: `t.csv: is a configuration, ${NO_TABLE}` },
  { name: "text", content: "Secret-1-long-one-0\n", says: `t.csv: is text, ${NO_TABLE_LINES}` },
  {
    name: "a table with semicolons",
    content: "nvs;data;nvs;0x9000;0x4000;\n",
    says: `t.csv: is a CSV, ${NO_TABLE_LINES}`,
  },
  {
    name: "comments alone",
    content: "# Name, Type\n",
    says: 't.csv: has no partition; write lines of "name,type,subtype,offset,size"\n',
  },
  {
    name: "a table in UTF-16",
    content: utf16("nvs, data, nvs, 0x9000, 0x4000\n", true),
    says: "t.csv: is UTF-16, which ESP-IDF's build does not read; save it as UTF-8\n",
  },
];

Deno.test("what is no partition table is told by its kind, without a cell of it", async (t) => {
  for (const { name, content, says } of NO_TABLES) {
    await t.step(name, () =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, "t.csv": content });
        const args = ["generate", "conf.csv", "values.csv", "Dev", "nvs", "--outdir", "out"];
        const outcome = await runProgram([...args, "--partition-table", "t.csv"], { cwd });
        assertRefused(outcome, ["Secret-1"]);
        assertEquals(outcome.code, REJECTED, outcome.stderr);
        assertStringIncludes(outcome.stderr, says);
        assertStringIncludes(outcome.stderr, "1 problem;");
      }));
  }
});

/** Headers of NVS CSVs that name two columns the wrong way round, with rows to match. */
const SWAPPED_COLUMNS = [
  ["key,type,value,encoding", "in.csv:3:3: ", "encoding"],
  ["key,value,encoding,type", "in.csv:3:2: ", "type"],
] as const;

Deno.test("an NVS CSV with a header that swaps two columns: no value is printed", async (t) => {
  for (const [header, place, name] of SWAPPED_COLUMNS) {
    await t.step(header, () =>
      inTempFolder(async (cwd) => {
        const rows = "n,namespace,,\npw,data,string,Secret-1\npin,data,string,Secret-2\n";
        writeFiles(cwd, { "in.csv": `${header}\n${rows}` });
        const outcome = await runProgram(["image", "in.csv", "out.bin", "0x3000"], { cwd });
        assertRefused(outcome, ["Secret-"]);
        assertEquals(outcome.code, REJECTED, outcome.stderr);
        assertStringIncludes(
          outcome.stderr,
          `${place}key "pw": ${name} stands in the column of the value`,
        );
      }));
  }
});
