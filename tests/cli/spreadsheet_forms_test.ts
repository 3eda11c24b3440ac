/** A batch as spreadsheets save it: whatever the form, the images are the same; only notes differ. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, pool, POOL_WIDTH, runProgram, seededRandom, treeOf } from "../helpers.ts";
import { utf16 } from "./bad_inputs.ts";

type Table = readonly (readonly string[])[];

/** How a table is saved. */
interface Form {
  name: string;
  separator: "," | ";" | "\t";
  lineEnd?: "\n" | "\r\n" | "\r";
  firstLine?: string;
  encode?: (text: string) => Uint8Array;
  /** What the notes say of each file, behind its name. */
  notes: readonly string[];
}

const SEMICOLONS = "separated by semicolons";
const TABS = "separated by tabs";
const AS_SAID = "as its first line says";
const UTF16 = "read as UTF-16";
const littleEndian = (text: string) => utf16(text, true);
const bigEndian = (text: string) => utf16(text, false);

const FORMS: readonly Form[] = [
  { name: "commas", separator: ",", notes: [] },
  { name: "commas, BOM, CRLF", separator: ",", lineEnd: "\r\n", firstLine: "\uFEFF", notes: [] },
  { name: "semicolons, CRLF", separator: ";", lineEnd: "\r\n", notes: [SEMICOLONS] },
  { name: "semicolons, BOM", separator: ";", firstLine: "\uFEFF", notes: [SEMICOLONS] },
  {
    name: "semicolons, sep=, CRLF",
    separator: ";",
    lineEnd: "\r\n",
    firstLine: "\uFEFFsep=;\r\n",
    notes: [`${SEMICOLONS}, ${AS_SAID}`],
  },
  {
    name: "sep= of commas",
    separator: ",",
    firstLine: "sep=,\n",
    notes: [
      `separated by commas, ${AS_SAID}`,
    ],
  },
  { name: "tabs, CR", separator: "\t", lineEnd: "\r", notes: [TABS] },
  {
    name: "UTF-16 LE, tabs, CRLF",
    separator: "\t",
    lineEnd: "\r\n",
    encode: littleEndian,
    notes: [UTF16, TABS],
  },
  { name: "UTF-16 BE, tabs", separator: "\t", encode: bigEndian, notes: [UTF16, TABS] },
  { name: "UTF-16 LE, commas", separator: ",", encode: littleEndian, notes: [UTF16] },
  {
    name: "UTF-16 BE, semicolons, CR",
    separator: ";",
    lineEnd: "\r",
    encode: bigEndian,
    notes: [UTF16, SEMICOLONS],
  },
];

function saved(table: Table, form: Form): Uint8Array {
  const { separator, lineEnd = "\n", firstLine = "", encode } = form;
  const quoted = (cell: string) =>
    /["\n\r]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const lines = table.map((cells) => cells.map(quoted).join(separator) + lineEnd);
  return (encode ?? ((text) => new TextEncoder().encode(text)))(firstLine + lines.join(""));
}

const PIECES = ["a", "é", "語", "🙂", ",", ";", "\t", '"', "\n", " ", "0", "=", "#", "\uFEFF", "x"];
/** More than a group's 256, so that the values are read in parts. */
const DEVICES = 300;

function randomBatch(seed: number): { conf: Table; values: Table } {
  const random = seededRandom(seed);
  const cell = () => {
    let text = "x"; // no row is of empty cells
    const count = Math.floor(random() * 8);
    for (let n = 0; n < count; n++) text += PIECES[Math.floor(random() * PIECES.length)];
    return text;
  };
  const rows = Array.from({ length: DEVICES }, (_, index) => [
    `SN;${index}`,
    cell(),
    index === 0 || random() < 0.1 ? "7" : "",
    cell(),
  ]);
  return {
    conf: [
      ["n", "namespace", ""],
      ["a;b", "data", "string"],
      ["level", "data", "u8", "REPEAT"],
      ["text", "data", "blob_fill(64;0xFF)"],
    ],
    values: [["id", "a;b", "level", "text"], ...rows],
  };
}

Deno.test("the same images in every form, with one lane and four", () =>
  inTempFolder(async (cwd) => {
    const { conf, values } = randomBatch(20260712);
    const runs = FORMS.flatMap((form, index) =>
      ["1", "4"].map((jobs) => ({ form, jobs, folder: join(cwd, `${index}-${jobs}`) }))
    );
    const results = await pool(runs, POOL_WIDTH, async ({ form, jobs, folder }) => {
      Deno.mkdirSync(folder);
      Deno.writeFileSync(join(folder, "conf.csv"), saved(conf, form));
      Deno.writeFileSync(join(folder, "values.csv"), saved(values, form));
      const batch = ["conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];
      const { code, stdout, stderr } = await runProgram(
        ["generate", ...batch, "--json", "--jobs", jobs],
        { cwd: folder },
      );
      assertEquals([code, stderr], [0, ""], form.name);
      if (jobs === "4") {
        const verified = await runProgram(["verify", ...batch, "--quiet"], { cwd: folder });
        assertEquals([verified.code, verified.stderr], [0, ""], form.name);
      }
      const tree = treeOf(folder);
      for (const path of ["conf.csv", "values.csv", "out/manifest-Dev.csv"]) delete tree[path];
      return { tree, notes: JSON.parse(stdout).notes };
    });
    for (const [index, { form, jobs }] of runs.entries()) {
      const { tree, notes } = results[index]!;
      assertEquals(tree, results[0]!.tree, `${form.name}, ${jobs} lanes`);
      const expected = ["conf.csv", "values.csv"]
        .flatMap((file) => form.notes.map((note) => `${file}: ${note}`));
      assertEquals(notes, expected);
    }
  }));

Deno.test("the files of a batch may be saved in different forms", () =>
  inTempFolder(async (cwd) => {
    Deno.writeTextFileSync(join(cwd, "conf.csv"), "n;namespace;\nk;data;u8\n");
    Deno.writeFileSync(join(cwd, "values.csv"), utf16("k\tx\n1\t2\n", true));
    const run = await runProgram(["generate", "conf.csv", "values.csv", "Dev", "0x3000"], { cwd });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(run.stdout.split("\n").slice(3), [
      "note: conf.csv: separated by semicolons",
      "note: values.csv: read as UTF-16",
      "note: values.csv: separated by tabs",
      "",
    ]);
  }));

Deno.test("an NVS CSV in another form makes the same image", () =>
  inTempFolder(async (cwd) => {
    const table = [
      ["key", "type", "encoding", "value"],
      ["n", "namespace", "", ""],
      ["k", "data", "string", "a;b,c\t🙂"],
    ];
    const [plain, ...others] = FORMS;
    Deno.writeFileSync(join(cwd, "plain.csv"), saved(table, plain!));
    assertEquals(
      (await runProgram(["image", "plain.csv", "plain.bin", "0x3000"], { cwd })).code,
      0,
    );
    for (const form of others) {
      Deno.writeFileSync(join(cwd, "nvs.csv"), saved(table, form));
      const run = await runProgram(["image", "nvs.csv", "nvs.bin", "0x3000", "--json"], { cwd });
      assertEquals([run.code, run.stderr], [0, ""], form.name);
      assertEquals(JSON.parse(run.stdout).notes, form.notes.map((note) => `nvs.csv: ${note}`));
      const image = Deno.readFileSync(join(cwd, "nvs.bin"));
      assertEquals(image, Deno.readFileSync(join(cwd, "plain.bin")), form.name);
      Deno.removeSync(join(cwd, "nvs.bin"));
    }
  }));

for (
  const [rows, note] of [
    ["SN-1,\n,\nSN-2,\n", "the row of empty cells in line 3 is passed over"],
    [
      ",\nSN-1,\n\n,\n,,,\nSN-2,\n",
      "3 rows of empty cells are passed over, the first in line 2",
    ],
  ] as const
) {
  Deno.test(`rows of empty cells take no number: ${JSON.stringify(rows)}`, () =>
    inTempFolder(async (cwd) => {
      Deno.writeTextFileSync(join(cwd, "conf.csv"), "n,namespace,\nserial,data,string\n");
      Deno.writeTextFileSync(join(cwd, "values.csv"), `serial,note\n${rows}`);
      const batch = ["conf.csv", "values.csv", "Dev", "0x3000", "--jobs", "2"];
      const run = await runProgram(["generate", ...batch, "--json"], { cwd });
      assertEquals([run.code, run.stderr], [0, ""]);
      const { devices, notes } = JSON.parse(run.stdout);
      assertEquals([devices, notes], [2, [`values.csv: ${note}`]]);
      const csv = Deno.readTextFileSync(join(cwd, "csv/Dev-2.csv"));
      assertEquals(csv.split("\r\n")[2], "serial,data,string,SN-2");
    }));
}
