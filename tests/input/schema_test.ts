/** Configurations, headers and rows: what of good ones is kept, and in which order. */

import { assertEquals } from "@std/assert";
import { csvRecords } from "../../src/input/csv_records.ts";
import { deviceRows } from "../../src/input/device_rows.ts";
import { formatProblem } from "../../src/problems/problem_text.ts";
import { MAX_KEPT_PROBLEMS, Problems } from "../../src/problems/problems.ts";
import { parseSchema, type Schema } from "../../src/input/schema.ts";
import { TextReader } from "../../src/input/text_lines.ts";
import { matchHeader } from "../../src/input/values_header.ts";

function recordsOf(text: string, comments = false) {
  const source = new TextReader([new TextEncoder().encode(text)]);
  return csvRecords(source, { comments }, ({ message }) => {
    throw new Error(message);
  });
}

function schemaOf(text: string, problems = new Problems()): Schema {
  return parseSchema(recordsOf(text, true), "conf", problems);
}

function texts(problems: Problems): string[] {
  return problems.kept.map(formatProblem);
}

Deno.test("a schema keeps namespaces, keys, types, encodings and lines in order", () => {
  const problems = new Problems();
  const schema = schemaOf(
    "# c\na,namespace,x\nk,data,u8,REPEAT\n\nb,namespace\nk,file,hex2bin\na,namespace,\nm,data,string,\n",
    problems,
  );
  assertEquals(texts(problems), []);
  assertEquals(schema.rows, [
    {
      kind: "namespace",
      namespace: "a",
      item: { namespace: "a", type: "namespace" },
      encodingText: "x",
      line: 2,
    },
    {
      kind: "key",
      namespace: "a",
      key: "k",
      dataType: "data",
      encoding: { kind: "integer", type: "u8" },
      encodingText: "u8",
      repeated: true,
      line: 3,
    },
    {
      kind: "namespace",
      namespace: "b",
      item: { namespace: "b", type: "namespace" },
      encodingText: "",
      line: 5,
    },
    {
      kind: "key",
      namespace: "b",
      key: "k",
      dataType: "file",
      encoding: { kind: "hex2bin" },
      encodingText: "hex2bin",
      repeated: false,
      line: 6,
    },
    {
      kind: "namespace",
      namespace: "a",
      item: { namespace: "a", type: "namespace" },
      encodingText: "",
      line: 7,
    },
    {
      kind: "key",
      namespace: "a",
      key: "m",
      dataType: "data",
      encoding: { kind: "string" },
      encodingText: "string",
      repeated: false,
      line: 8,
    },
  ]);
  assertEquals(schema.keys, schema.rows.filter((row) => row.kind === "key"));
});

Deno.test("a key with a problem keeps its place, without an encoding", () => {
  const problems = new Problems();
  const { keys } = schemaOf("n,namespace,\na,data,U8\nb,data,u8\n", problems);
  assertEquals(keys.map(({ key, encoding }) => [key, encoding?.kind]), [
    ["a", undefined],
    ["b", "integer"],
  ]);
  assertEquals(problems.total, 1);
});

function headerOf(conf: string, header: string) {
  const problems = new Problems();
  const [record] = recordsOf(header);
  const { columns } = matchHeader(record!, schemaOf(conf), "values", problems);
  const found = columns.map(({ row, cellIndex }) => [row.namespace, row.key, cellIndex]);
  return { found, problems: texts(problems) };
}

const TWICE = "a,namespace,\nk,data,u8\nb,namespace,\nk,data,u8\nm,data,u8\n";

for (
  const [header, found] of [
    ["k,k,m", [["a", "k", 0], ["b", "k", 1], ["b", "m", 2]]],
    ["id,k,x,k,y,m,z", [["a", "k", 1], ["b", "k", 3], ["b", "m", 5]]],
    [",k,,k,,m,", [["a", "k", 1], ["b", "k", 3], ["b", "m", 5]]],
  ] as const
) {
  Deno.test(`the header "${header}" is matched in order`, () => {
    assertEquals(headerOf(TWICE, header), { found: found.map((row) => [...row]), problems: [] });
  });
}

for (
  const [header, key] of [
    ["k,m", "k"],
    ["m,k,k", "m"],
    ["k,k,m,k", "k"],
    ["k,k,m,m", "m"],
    ["k,k", "m"],
    ["k,k,M", "m"],
  ] as const
) {
  Deno.test(`the header "${header}" has one problem, with key "${key}"`, () => {
    const { problems } = headerOf(TWICE, header);
    assertEquals(problems.length, 1, problems.join("\n"));
    assertEquals(/ key "(.*?)":/.exec(problems[0]!)?.[1], key, problems[0]);
  });
}

function rowsOf(conf: string, values: string) {
  const problems = new Problems();
  const records = recordsOf(values);
  const header = matchHeader(records.next().value!, schemaOf(conf), "values", problems);
  const rows = [...deviceRows(records, header, "values", problems)];
  return { rows, problems: texts(problems) };
}

const REPEATED = "n,namespace,\nr,data,string,REPEAT\nk,data,u8\n";

Deno.test("REPEAT cells are carried down; rows know number and line", () => {
  assertEquals(rowsOf(REPEATED, 'r,id,k\nx,A,1\n\n,"B\nb",2\nx,C,3\n'), {
    rows: [
      { line: 2, row: 2, number: 1, cells: ["x", "A", "1"] },
      { line: 4, row: 4, number: 2, cells: ["x", "B\nb", "2"] },
      { line: 6, row: 5, number: 3, cells: ["x", "C", "3"] },
    ],
    problems: [],
  });
});

Deno.test("a row with a wrong number of cells keeps its number", () => {
  const { rows, problems } = rowsOf(REPEATED, "r,k\nx,1\nx\n,3\n");
  assertEquals(rows.map(({ number, line }) => [number, line]), [[1, 2], [3, 4]]);
  assertEquals(problems, [
    "values:3 (device 2): has 1 cell, the header has 2; add a comma for each empty cell",
  ]);
});

Deno.test("an empty REPEAT value in the first row stays empty below", () => {
  assertEquals(rowsOf(REPEATED, "r,k\n,1\n,2\n").problems, []);
  assertEquals(rowsOf(REPEATED, "r,k\n,1\nx,2\n").problems.length, 1);
});

Deno.test("problems are counted beyond those that are kept", () => {
  const problems = new Problems();
  for (let line = 1; line <= MAX_KEPT_PROBLEMS + 5; line++) {
    problems.add({ file: "f", line }, "not-hex", "m");
  }
  assertEquals([problems.total, problems.kept.length], [MAX_KEPT_PROBLEMS + 5, MAX_KEPT_PROBLEMS]);
});

for (
  const [place, text] of [
    [{ file: "f" }, "f: m"],
    [{ file: "f", line: 3 }, "f:3: m"],
    [{ file: "f", line: 3, column: 2 }, "f:3:2: m"],
    [{ file: "f", line: 3, column: 2, key: "k" }, 'f:3:2: key "k": m'],
    [{ file: "f", line: 3, key: "" }, 'f:3: key "": m'],
    [{ file: "f", line: 3, row: 3, device: 2, column: 2 }, "f:3:2 (device 2): m"],
    [{ file: "f", line: 9, row: 3, device: 2, key: "k" }, 'f:9 (row 3, device 2): key "k": m'],
    [{ file: "f", line: 9, row: 3, device: 2, fileId: "A\n7" }, "f:9 (row 3, A\\n7): m"],
    [{ file: "f", line: 3, row: 3, device: 2, fileId: "" }, "f:3 (device 2): m"],
  ] as const
) {
  Deno.test(`a problem reads "${text}"`, () => {
    assertEquals(formatProblem({ code: "not-hex", ...place, message: "m" }), text);
  });
}
