/** NVS CSVs: what `image` reads from one file or several, and where it says a fault is. */

import { assert, assertEquals } from "@std/assert";
import { readNvsCsvs } from "../../src/input/nvs_csv.ts";
import { formatProblem } from "../../src/problems/problem_text.ts";
import { Problems } from "../../src/problems/problems.ts";
import { ValueError } from "../../src/input/value_codec.ts";
import type { Item } from "../../src/nvs/item.ts";

const HEADER = "key,type,encoding,value\n";
const CELL_FILES: Readonly<Record<string, string>> = { "f.txt": "text", "f.hex": "0aff\n" };

function read(...texts: (string | Uint8Array)[]) {
  const problems = new Problems();
  const files = texts.map((text, index) => ({
    path: `${"abc"[index]}.csv`,
    chunks: [typeof text === "string" ? new TextEncoder().encode(text) : text],
  }));
  const { items, schema, notes } = readNvsCsvs(files, (path) => {
    const text = CELL_FILES[path];
    if (text === undefined) throw new ValueError("file-missing", `"${path}" does not exist`);
    return new TextEncoder().encode(text);
  }, problems);
  return { items, schema, notes, problems: problems.kept.map(formatProblem) };
}

function itemsOf(...texts: (string | Uint8Array)[]): Item[] {
  const { items, problems } = read(...texts);
  assertEquals(problems, []);
  // Small integers may come as numbers, which are as good.
  return items.map((item) =>
    "value" in item && typeof item.value === "number"
      ? { ...item, value: BigInt(item.value) }
      : item
  ) as Item[];
}

const N: Item = { namespace: "n", type: "namespace" };
const K: Item = { namespace: "n", key: "k", type: "u8", value: 1n };
const S: Item = { namespace: "n", key: "s", type: "string", value: "x,y" };
const ROWS = 'n,namespace,,\nk,data,u8,1\ns,data,string,"x,y"\n';

for (
  const [name, text] of Object.entries({
    "as the intermediate CSVs are": (HEADER + ROWS).replaceAll("\n", "\r\n"),
    "with a BOM, and no line break at the end": "\uFEFF" + (HEADER + ROWS).trimEnd(),
    "with blank lines, comments and blank rows": `# made by hand\n\n${HEADER}\n#k,data,u8,7\n,,,\n${
      ROWS.replace("k,", "\n# c\nk,")
    }# end\n`,
    "with short namespace rows": HEADER + ROWS.replace("n,namespace,,", "n,namespace"),
    "with columns in another order":
      'value,encoding,key,type\n,,n,namespace\n1,u8,k,data\n"x,y",string,s,data\n',
    "with empty columns behind it": `key,type,encoding,value,,\n${ROWS}`
      .replace("n,namespace,,", "n,namespace,,,,").replace("u8,1", "u8,1,,,"),
    "with an empty column in between": (HEADER + ROWS).replace(/^(n|k|s|key),/gm, "$1,,"),
    "with semicolons": (HEADER + ROWS).replace('"x,y"', "x;y").replaceAll(",", ";")
      .replace("x;y", "x,y"),
    "with tabs, which its first line names": `sep=\t\n${
      (HEADER + ROWS).replace('"x,y"', "COMMA").replaceAll(",", "\t").replace("COMMA", "x,y")
    }`,
  })
) {
  Deno.test(`an NVS CSV is read ${name}`, () => assertEquals(itemsOf(text), [N, K, S]));
}

Deno.test("every encoding, from cells and from files", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  const rows: readonly [row: string, type: string, value: unknown][] = [
    ["data,i8,-128", "i8", -128n],
    ["data,i16,0x10", "i16", 16n],
    ["data,u64,18446744073709551615", "u64", 2n ** 64n - 1n],
    ["data,string,", "string", ""],
    ['data,string,"l1\nl2 ""q"""', "string", 'l1\nl2 "q"'],
    ["data,hex2bin,0AfF", "blob", bytes(0x0A, 0xFF)],
    ["data,base64,Cv8=", "blob", bytes(0x0A, 0xFF)],
    ["data,binary,é", "blob", bytes(0xC3, 0xA9)],
    ["data,blob_fill(4;0x00),ab", "blob", bytes(0x61, 0x62, 0, 0)],
    ["file,string,f.txt", "string", "text"],
    ["file,binary,f.txt", "blob", new TextEncoder().encode("text")],
    ["file,hex2bin,f.hex", "blob", bytes(0x0A, 0xFF)],
  ];
  for (const [row, type, value] of rows) {
    const [, item] = itemsOf(`${HEADER}n,namespace,,\nk,${row}\n`);
    assertEquals<unknown>(item, { namespace: "n", key: "k", type, value }, row);
  }
});

Deno.test("several files are one: the namespace goes on until another opens", () => {
  const rows = ["n,namespace,,\na,data,u8,1\n", "b,data,u8,2\nm,namespace,,\n", "a,data,u8,3\n"];
  const parts = rows.map((part) => HEADER + part);
  const merged = itemsOf(...parts);
  assertEquals(merged, itemsOf(HEADER + rows.join("")));
  assertEquals(merged.map(({ namespace }) => namespace), ["n", "n", "n", "m", "m"]);
  const inOrder = itemsOf(parts[0]!, `value,key,type,encoding\n2,b,data,u8\n,m,namespace,\n`);
  assertEquals(inOrder, merged.slice(0, 4));
});

Deno.test("a namespace that comes again goes on, and Wi-Fi keys bring their companions", () => {
  const again = itemsOf(`${HEADER}n,namespace,,\nm,namespace,,\nn,namespace,,\nk,data,u8,1\n`);
  assertEquals(again.at(-1), K);
  const wifi = itemsOf(`${HEADER}w,namespace,,\nsta.ssid,data,string,net\n`);
  assertEquals(wifi.map((item) => item.type === "namespace" ? item.namespace : item.key), [
    "w",
    "sta.ssid",
    "sta.apinfo",
    "sta.pmk",
    "sta.apsw",
  ]);
});

Deno.test("an NVS CSV without keys is one too, a file without rows is not", () => {
  assertEquals(itemsOf(`${HEADER}n,namespace,,\n`), [N]);
  assertEquals(itemsOf(HEADER, HEADER + ROWS), [N, K, S]);
  assertEquals(read(HEADER).problems, ["a.csv: has no row; add a namespace and keys"]);
});

/** Rows behind the header and a namespace, so that the first is line 3; what is said of them. */
const FAULTS: readonly [rows: string, problems: readonly (string | RegExp)[]][] = [
  ["k,data,u8,256", ['a.csv:3:4: key "k": 256 does not fit u8; it takes 0 to 255']],
  ["k,data,U8,1", [/^a\.csv:3:3: key "k": /]],
  ["k,dat,u8,1", [/^a\.csv:3:2: key "k": type "dat" is unknown; /]],
  ["k23456789012345x,data,u8,1", [/^a\.csv:3:1: key "k23456789012345x": is 16 bytes long; /]],
  [",data,u8,1", [/^a\.csv:3:1: key "": is empty; /]],
  ["k,file,string,no.txt", ['a.csv:3:4: key "k": "no.txt" does not exist']],
  ["k,data,hex2bin,0g", [/^a\.csv:3:4: key "k": character 2 is not a hex digit; /]],
  ["k,file,u8,f.txt", [/^a\.csv:3:3: key "k": a file cannot hold u8; /]],
  ["k,data,u8,1,2", [/^a\.csv:3(:\d)?: key "k": has 5 cells/]],
  ["k,data,u8", ['a.csv:3:4: key "k": has no value; write "key,type,encoding,value"']],
  ["k,data,u8,1,,2", [/^a\.csv:3(:\d)?: key "k": has 6 cells/]],
  ['k,data,string,"x" y', [/^a\.csv:3:4: text follows the closing quote; /]],
  ["k,data", ['a.csv:3:2: key "k": has 2 cells; write "key,type,encoding,value"']],
  ["k", ['a.csv:3:1: key "k": has 1 cell; write "key,type,encoding,value"']],
  ['k,data,string,"x', [/^a\.csv:3:4: the quote is never closed; /]],
  ['k,data,string,"x"y', [/^a\.csv:3:4: text follows the closing quote; /]],
  ["k,data,u8,1\n\nk,data,u8,1", [
    'a.csv:5:1: key "k": occurs twice in namespace "n" (first in line 3); remove one',
  ]],
  ['k,data,string,"l1\nl2"\nj,data,u8,x', [/^a\.csv:5:4 \(row 4\): key "j": /]],
  ["sta.ssid,data,string,x\nsta.pmk,data,hex2bin,00", [
    /^a\.csv:4:1: key "sta\.pmk": is written by itself with "sta\.ssid" /,
  ]],
  ["a,data,u8,\nb,data,i8,200\nc,dat,u8,1\nd,data,x,1", [
    /^a\.csv:5:2: key "c": /,
    /^a\.csv:6:3: key "d": /,
    /^a\.csv:3:4: key "a": /,
    /^a\.csv:4:4: key "b": /,
  ]],
];

function assertProblems(found: readonly string[], expected: readonly (string | RegExp)[]): void {
  assertEquals(found.length, expected.length, found.join("\n"));
  for (const [index, part] of expected.entries()) {
    if (typeof part === "string") assertEquals(found[index], part);
    else assert(part.test(found[index]!), `${found[index]}\nis not\n${part}`);
  }
}

for (const [rows, expected] of FAULTS) {
  Deno.test(`a fault is said with its place: ${JSON.stringify(rows)}`, () => {
    assertProblems(read(`${HEADER}n,namespace,,\n${rows}\n`).problems, expected);
  });
}

const SPACE = "white space behind a closing quote is part of the cell, as in Espressif's utility";

/** Cells as Python's `csv.reader` gives them. */
for (
  const [rows, value, note] of [
    ['k,data,string,"x" ', "x ", "line 3"],
    ['k,data,string,"x" \t', "x \t", "line 3"],
    ['k,data,string,"x\ny"\u00A0', "x\ny\u00A0", "line 4"],
    ['k,data,string,""" "  ', '"   ', "line 3"],
    [
      Array.from({ length: 7 }, (_, index) => `k${index},data,string,"x" `).join("\n"),
      "x ",
      "line 3, 4, 5, 6, 7, …",
    ],
    ['k,data,string,"x"', "x", undefined],
  ] as const
) {
  Deno.test(`white space behind a closing quote: ${JSON.stringify(rows)}`, () => {
    const { items, problems, notes } = read(`${HEADER}n,namespace,,\n${rows}\n`);
    assertEquals(problems, []);
    assertEquals(items.slice(1).map((item) => "value" in item && item.value).at(-1), value);
    assertEquals(notes, note === undefined ? [] : [`a.csv: ${SPACE} (${note})`]);
  });
}

Deno.test("a row that is too short for an order of columns with a gap has no value", () => {
  assertProblems(read("key,type,encoding,,value\nn,namespace,\nk,data,string,x\n").problems, [
    'a.csv:3:4: key "k": has 4 cells; write "key,type,encoding,value"',
  ]);
});

Deno.test("columns are counted as they stand in the file", () => {
  const text = "value,encoding,key,type\n,,n,namespace\n256,u8,a,data\n1,u9,b,data\n1,u8,c,dat\n";
  const places = read(text + "1,u8,,data\n1,u8,a,data\n").problems
    .map((problem) => problem.split(/: /, 2).join(" ")).sort();
  assertEquals(places, [
    'a.csv:3:1 key "a"',
    'a.csv:4:2 key "b"',
    'a.csv:5:4 key "c"',
    'a.csv:6:3 key ""',
    'a.csv:7:3 key "a"',
  ]);
});

for (
  const [name, text, expected] of [
    ["is empty", "", /^b\.csv: is empty; it needs the header "key,type,encoding,value"$/],
    ["holds comments only", "# c\n\n", /^b\.csv: is empty; /],
    ["lacks a column", "key,type,encoding\n", /^b\.csv:1: its header lacks value; write "key,/],
    [
      "has no header",
      "n;x;;\n",
      /^b\.csv:1: its header lacks key, type, encoding, value; write "key,type,encoding,value"; /,
    ],
    [
      "begins with a namespace row",
      "n,namespace,,\n",
      /^b\.csv:1: begins with a namespace row, as a configuration does; mfg_gen generate takes /,
    ],
    [
      "has semicolons and lacks columns",
      "key;type\n",
      /^b\.csv:1: its header lacks encoding, value; /,
    ],
    [
      "is UTF-16 without a mark",
      Uint8Array.from([0x6B, 0]),
      /^b\.csv:1: is UTF-16 without a byte order mark; save the file as /,
    ],
    ["is not UTF-8", Uint8Array.from([0x6B, 0xFF, 0x0A]), /^b\.csv:1: /],
  ] as const
) {
  Deno.test(`a file that ${name} is named, wherever it stands and whatever the others hold`, () => {
    const good = HEADER + ROWS;
    assertProblems(read(good, text).problems, [expected]);
    assertProblems(read(good + "j,data,u8,x\n", text).problems, [expected, /^a\.csv:5:4: key "j"/]);
  });
}

Deno.test("two empty files are two problems", () => {
  assertEquals(read("", "").problems.map((problem) => problem.split(":")[0]), ["a.csv", "b.csv"]);
});

Deno.test("a key that stands in two files names both", () => {
  assertEquals(read(HEADER + ROWS, HEADER + "j,data,u8,1\nk,data,u8,1\n").problems, [
    'b.csv:3:1: key "k": occurs twice in namespace "n" (first in a.csv:3); remove one',
  ]);
});

Deno.test("a key before the first namespace is a fault, in a later file it is none", () => {
  assertProblems(read(HEADER + "k,data,u8,1\n").problems, [/^a\.csv:2:1: key "k": stands before /]);
});

Deno.test("the schema has the keys in order, for notes about them", () => {
  const { schema } = read(HEADER + ROWS, HEADER + "j,data,u8,1\n");
  assertEquals(schema.keys.map(({ namespace, key }) => `${namespace}/${key}`), [
    "n/k",
    "n/s",
    "n/j",
  ]);
});

Deno.test("problems never repeat strings and blobs", () => {
  const { problems } = read(`${HEADER}n,namespace,,
a,data,hex2bin,5ec3e7zz
b,data,base64,5ec3e7!!
c,data,blob_fill(2;0xFF),5ec3e7
`);
  assertEquals(problems.length, 3);
  assert(!problems.join().includes("5ec3e7"), problems.join("\n"));
});
