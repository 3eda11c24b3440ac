/** What separates the cells: found from the first line, and never where commas are right. */

import { assertEquals } from "@std/assert";
import { csvRecords } from "../../src/input/csv_records.ts";
import { Problems } from "../../src/problems/problems.ts";
import { isSchemaStart, parseSchema } from "../../src/input/schema.ts";
import { SeparatorFinder } from "../../src/input/separator.ts";
import { TextReader } from "../../src/input/text_lines.ts";
import { isHeaderOf } from "../../src/input/values_header.ts";

function textOf(text: string): TextReader {
  return new TextReader([new TextEncoder().encode(text)]);
}

function recordsOf(text: string, separator: SeparatorFinder, comments = false): string[][] {
  return [...csvRecords(textOf(text), { comments, separator }, () => {})]
    .map(({ fields }) => fields);
}

for (
  const [text, separator, records] of [
    ["a;b\n1,5;2\n", ";", [["a", "b"], ["1,5", "2"]]],
    ["a\tb\n1\t\n", "\t", [["a", "b"], ["1", ""]]],
    ["a\tb\n\t\n \n1\t2\n", "\t", [["a", "b"], ["", ""], ["1", "2"]]],
    ["\n \na;b\n\n1;2\n", ";", [["a", "b"], ["1", "2"]]],
    ['"a";"b,c"\n"x;y";"z""\n"\n', ";", [["a", "b,c"], ["x;y", 'z"\n']]],
    ["a;b\tc\n", ";", [["a", "b\tc"]]],
    ["a,b;c\n1;2,3\n", ",", [["a", "b;c"], ["1;2", "3"]]],
    ['"a;b",c\n1,2\n', ",", [["a;b", "c"], ["1", "2"]]],
    ['"a;b"\n1;2\n', ",", [["a;b"], ["1;2"]]],
    ["a\n1;2\n", ",", [["a"], ["1;2"]]],
    ["sep=;\na;b\n", ";", [["a", "b"]]],
    ["sep=\t\na\tb\n", "\t", [["a", "b"]]],
    ["sep=x\n", ",", [["sep=x"]]],

    ["sep=;\na\n1\n", ";", [["a"], ["1"]]],
    ["a\nsep=;\n", ",", [["a"], ["sep=;"]]],
  ] as const
) {
  Deno.test(`the separator of ${JSON.stringify(text)} is ${JSON.stringify(separator)}`, () => {
    const finder = new SeparatorFinder((cells) => cells.length > 1);
    const found = recordsOf(text, finder);
    assertEquals<unknown>([finder.separator, found], [separator, records]);
  });
}

for (
  const [keys, header, separator] of [
    [["a;b"], "a;b", ","],
    [["a\tb"], "a\tb", ","],
    [["sep=;"], "sep=;", ","],
    [["sep="], "sep=,", ","],
    [["a"], "a;b", ";"],
    [["a", "b"], "a;b", ";"],
    [["a;b", "c"], '"a;b";c', ";"],
    [["a", "b"], "a;c", ";"],
    [["a;b", "c"], "id\ta;b\tc", "\t"],
    [["a\tb", "c"], "id;a\tb;c", ";"],
    [["a;b", 'c"d'], '\t"a;b"\t"c""d"', "\t"],
    [["a", "b"], "sep=,", ","],
    [[], "id;x", ","],
  ] as const
) {
  const names = keys.map((key) => JSON.stringify(key)).join(" and ") || "no key";
  Deno.test(`values of ${names} under ${JSON.stringify(header)}: ${JSON.stringify(separator)}`, () => {
    const conf = `n,namespace,\n${keys.map((key) => `${key},data,string\n`).join("")}`;
    const records = csvRecords(textOf(conf), { comments: true }, () => {});
    const problems = new Problems();
    const finder = new SeparatorFinder(isHeaderOf(parseSchema(records, "conf", problems)));
    assertEquals(problems.kept, []);
    recordsOf(`${header}\n`, finder);
    assertEquals(finder.separator, separator);
  });
}

Deno.test("a comment in front of a configuration says nothing about its separator", () => {
  const finder = new SeparatorFinder(isSchemaStart);
  assertEquals(recordsOf("# a;b\nsep=;\n#;c\nn;namespace;\n", finder, true), [[
    "n",
    "namespace",
    "",
  ]]);
});

for (
  const [text, note] of [
    ["a,b\n", []],
    ["a;b\n", ["values.csv: separated by semicolons"]],
    ["a\tb\n", ["values.csv: separated by tabs"]],
    ["sep=;\na;b\n", ["values.csv: separated by semicolons, as its first line says"]],
    ["sep=,\na,b\n", ["values.csv: separated by commas, as its first line says"]],
  ] as const
) {
  Deno.test(`the note on ${JSON.stringify(text)}`, () => {
    const finder = new SeparatorFinder(isSchemaStart);
    recordsOf(text, finder);
    assertEquals(finder.notes("values.csv"), [...note]);
  });
}

/** Nearly as long as a line may be. */
const LONG = 24_000_000;
const repeated = (text: string) => text.repeat(LONG / text.length);

for (
  const [name, line, separator] of [
    ["one long cell in quotes", `"${repeated("a")}";b`, ";"],
    ["many separators in quotes", `"${repeated("a;")}"`, ","],
    ["many quotes", `"${repeated('""')}"\tb`, "\t"],
    ["an odd number of quotes", `"${repeated('""')}`, ","],
    ["many cells in quotes", `${repeated('"aaaaa";')}b`, ";"],
    ["a quote that is never closed", `"${repeated("a;")}`, ";"],
  ] as const
) {
  Deno.test(`the separator of a line of megabytes, ${name}, is ${JSON.stringify(separator)}`, () => {
    const finder = new SeparatorFinder((cells) => cells.length > 1);
    recordsOf(`${line}\n`, finder);
    assertEquals(finder.separator, separator);
  });
}
