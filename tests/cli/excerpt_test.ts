/** The excerpt under a problem: on a terminal alone, a caret under the cell, and no secrets. */

import { assert, assertEquals } from "@std/assert";
import { inTempFolder, writeFiles } from "../helpers.ts";
import { runOnTerminal, whyNoTerminal } from "../engine/terminal.ts";
import { GENERATE } from "./bad_inputs.ts";
import { excerptLines } from "../../src/problems/excerpt.ts";

const noTerminal = await whyNoTerminal();
const CONF = `n,namespace,
serial,data,string
pin,data,hex2bin
level,data,u8
cert,file,binary
`;

interface Run {
  conf?: string;
  /** The partition table. */
  table?: string;
  values: string;
  columns?: number;
  options?: string[];
  args?: string[];
}

async function linesOn({ conf = CONF, table, values, columns = 100, options = [], args }: Run) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": conf, "values.csv": values });
    if (table !== undefined) writeFiles(cwd, { "table.csv": table });
    const run = await runOnTerminal(args ?? [...GENERATE, ...options], { cwd, columns });
    assertEquals(run.code, 3, run.terminal);
    const text = run.terminal.replaceAll("\r\x1B[2K", "").replaceAll("\r", "");
    return text.slice(text.search(/(conf|values|table)\.csv/)).trimEnd().split("\n");
  });
}

function onTerminal(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: noTerminal !== undefined }, run);
}

const SECRETS = "id,serial,pin,level,cert\n";

onTerminal(
  "under the first problem of a kind stand its row and a caret, secrets by their length",
  async () => {
    const values = `${SECRETS}A1,hunter2,c0ffee,300,x.pem\nA2,"s, ""q""",c0ffe,301,x.pem\n`;
    const lines = await linesOn({ values, options: ["--fileid", "id"] });
    assertEquals(lines.filter((line) => !line.startsWith("hint: ")), [
      'values.csv:2:4 (A1): key "level": 300 does not fit u8; it takes 0 to 255',
      "  2 | A1,<serial: 7 characters>,<pin: 6 characters>,300,x.pem",
      "    |                                               ^^^",
      'values.csv:3:4 (A2): key "level": 301 does not fit u8; it takes 0 to 255',
      'values.csv:2:5 (A1): key "cert": file "x.pem" does not exist; check the path',
      "  2 | A1,<serial: 7 characters>,<pin: 6 characters>,300,x.pem",
      "    |                                                   ^^^^^",
      "  the same in values.csv:3:5 (A2)",
      'values.csv:3:3 (A2): key "pin": has 5 hex digits, an odd number; each byte takes two ' +
      "(is a leading 0 lost?)",
      "  3 | A2,<serial: 6 characters>,<pin: 5 characters>,301,x.pem",
      "    |                           ^^^^^^^^^^^^^^^^^^^",
      "5 problems; nothing was written",
      "to learn more: mfg_gen explain value-out-of-range file-missing not-hex",
    ]);
  },
);

onTerminal(
  "a narrow terminal shows the cell and what fits around it; a very narrow one nothing",
  async () => {
    const values = `${SECRETS}A1,hunter2,c0ffee,300,x.pem\n`;
    for (const columns of [30, 31, 40, 47, 55, 62]) {
      const lines = await linesOn({ values, columns, options: ["--fileid", "id"] });
      const [record, carets] = lines.slice(1, 3);
      assert(record!.length < columns && carets!.length < columns, `${columns}: ${record}`);
      assertEquals(carets!.indexOf("^"), record!.indexOf("300"), record);
      assert(carets!.endsWith("| ".padEnd(carets!.indexOf("^") - 4) + "^^^"), carets);
    }
    const lines = await linesOn({ values, columns: 20, options: ["--fileid", "id"] });
    assert(!lines.some((line) => line.includes("^")), lines.join("\n"));
  },
);

onTerminal(
  "no column that is no number, path or file id is shown, whatever the problem is",
  async () => {
    const secret = "TopSecret";
    const values = [
      "note,serial,pin,level,cert,mac",
      `${secret}1,${secret}2,${secret}3,7,${"x".repeat(5)}.pem,${secret}4`,
      `${secret}1,${secret}2,00,7,,${secret}4`,
      `${secret}1,${secret}2`,
    ].join("\n");
    const lines = await linesOn({ values, options: ["--unique", "note,mac,serial"] });
    assert(lines.filter((line) => /^ +\| .*\^/.test(line)).length >= 3, lines.join("\n"));
    assert(!lines.join("\n").includes(secret), lines.join("\n"));
    // Values in the place of the configuration: cells that no configuration has are hidden.
    const swapped = await linesOn({
      conf: `id,type,x,y,z\nA,data,u8,,${secret}\nA,data,u9,,${secret}\n`,
      values,
    });
    assert(swapped.some((line) => line.includes("^")), swapped.join("\n"));
    assert(!swapped.join("\n").includes(secret), swapped.join("\n"));
  },
);

onTerminal("cells of a configuration and of its header are shown", async () => {
  assertEquals((await linesOn({ conf: CONF.replace("u8", "U8"), values: SECRETS })).slice(0, 3), [
    'conf.csv:4:3: key "level": encoding "U8" is unknown; write "u8"',
    "  4 | level,data,U8",
    "    |            ^^",
  ]);
  const header = "id,serial,level,pin,cert\n";
  const lines = await linesOn({ values: `${header}1,2,3,4,5\n` });
  assert(lines.some((line) => line === `  1 | ${header.trim()}`), lines.join("\n"));
});

onTerminal("wide and unprintable characters: the caret stands under the cell", async () => {
  const conf = "n,namespace,\n温度,file,binary\nlevel,data,u8\n";
  const values = "温度,level\n证书/é/\x1B[31m.pem,300\n";
  const lines = await linesOn({ conf, values });
  const at = lines.findIndex((line) => line.includes('key "level"'));
  assertEquals(lines.slice(at + 1, at + 3), [
    "  2 | 证书/é/\\x1b[31m.pem,300",
    "    |                     ^^^",
  ]);
});

onTerminal("--json on a terminal has no excerpt", async () => {
  const values = `${SECRETS}A1,a,00,300,x.pem\n`;
  const lines = await linesOn({ values, options: ["--json"] });
  assert(!lines.some((line) => line.includes("^")), lines.join("\n"));
});

onTerminal("image: the value of a number is shown, that of a string is not", async () => {
  const csv = 'key,type,encoding,value\nn,namespace,,\nk,data,u8,300\np,data,hex2bin,"s3cret"\n';
  const args = ["image", "values.csv", "out.bin", "0x3000"];
  assertEquals((await linesOn({ values: csv, args })).slice(0, 6), [
    'values.csv:3:4: key "k": 300 does not fit u8; it takes 0 to 255',
    "  3 | k,data,u8,300",
    "    |           ^^^",
    'values.csv:4:4: key "p": character 1 is not a hex digit; write two digits a byte, ' +
    "without anything between",
    "  4 | p,data,hex2bin,<value: 6 characters>",
    "    |                ^^^^^^^^^^^^^^^^^^^^^",
  ]);
});

onTerminal("secrets in the wrong columns are on no terminal, nor in a message", async () => {
  const pem = '"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"';
  const cases = [
    { name: "shifted cells", values: `${SECRETS}A1,s,c0,hunter2pw,${pem}\n` },
    { name: "a name of 300 characters", values: `${SECRETS}A1,s,c0,1,${"hunter2".repeat(43)}\n` },
    { name: "no header", values: "A1,hunter2pw,SERIAL,3,cert\n" },
  ];
  for (const { name, values } of cases) {
    const lines = await linesOn({ values, options: ["--fileid", "id"] });
    assert(!lines.join("\n").includes("hunter2"), `${name}: ${lines.join("\n")}`);
  }
});

Deno.test("an excerpt of any cell in any width stays in its width, with its caret", () => {
  const cells = [
    "",
    "a",
    "日本語のセル",
    'q"uo,te',
    "x".repeat(100),
    "\u0301\u0301",
    "line\nbreak",
    "",
  ];
  for (let cellIndex = 0; cellIndex < cells.length; cellIndex++) {
    for (let columns = 0; columns < 160; columns++) {
      const excerpt = { cells, separator: ",", cellIndex, hidden: new Map([[1, "name"]]) };
      const lines = excerptLines(excerpt, 12345, columns);
      if (lines.length === 0) continue;
      const [record, carets] = lines;
      assertEquals(lines.length, 2);
      assert(carets!.includes("^") && !record!.includes("\n"));
      assert(carets!.length < columns || columns < 60, `${columns}: ${carets}`);
    }
  }
  assertEquals(excerptLines({ cells, separator: ",", cellIndex: 9, hidden: new Map() }, 1, 80), []);
});

onTerminal(
  "a partition table has excerpts of the parser's problems and of what is missing",
  async () => {
    const conf = "n,namespace,\nk,data,u8\n";
    const args = [...GENERATE.with(4, "nvs"), "--partition-table", "table.csv"];
    const wrong = { conf, values: "k\n1\n", args };
    const cell = await linesOn({ ...wrong, table: "# Name\nnvs, data, nvm, , 12K\n" });
    assertEquals(cell.slice(1, 3), ["  2 | nvs,data,nvm,,12K", "    |          ^^^"]);
    const flag = await linesOn({ ...wrong, table: "nvs, data, nvs, , 12K, encrypted\n" });
    assertEquals(flag.slice(1, 3), [
      "  1 | nvs,data,nvs,,12K,encrypted",
      "    |                   ^^^^^^^^^",
    ]);
  },
);
