/** Rows of the values: which are devices, and under which numbers. */

import { assertEquals } from "@std/assert";
import { csvRecords } from "../../src/input/csv_records.ts";
import { deviceRows } from "../../src/input/device_rows.ts";
import { formatProblem } from "../../src/problems/problem_text.ts";
import { Problems } from "../../src/problems/problems.ts";
import { parseSchema } from "../../src/input/schema.ts";
import { TextReader } from "../../src/input/text_lines.ts";
import { matchHeader } from "../../src/input/values_header.ts";

function recordsOf(text: string) {
  return csvRecords(
    new TextReader([new TextEncoder().encode(text)]),
    { comments: false },
    () => {},
  );
}

function rowsOf(conf: string, values: string) {
  const problems = new Problems();
  const schema = parseSchema(recordsOf(`n,namespace,\n${conf}`), "conf", problems);
  const records = recordsOf(values);
  const header = matchHeader(records.next().value!, schema, "values", problems);
  const emptyLines: number[] = [];
  const rows = deviceRows(
    records,
    header,
    "values",
    problems,
    undefined,
    (line) => emptyLines.push(line),
  );
  return {
    devices: [...rows].map(({ line, number, cells }) => [line, number, ...cells]),
    emptyLines,
    problems: problems.kept.map(formatProblem),
  };
}

const TWO = "a,data,string\nb,data,string\n";
const REPEATED = "a,data,string,REPEAT\nb,data,string,REPEAT\n";
const MIXED = "a,data,string,REPEAT\nb,data,string\n";

for (
  const [name, conf, values, devices, emptyLines] of [
    ["none is empty", TWO, "a,b\n1,2\n3,\n,4\n", [[2, 1, "1", "2"], [3, 2, "3", ""], [
      4,
      3,
      "",
      "4",
    ]], []],
    ["below the devices", TWO, "a,b\n1,2\n,\n,\n", [[2, 1, "1", "2"]], [3, 4]],
    ["between the devices", TWO, "a,b\n,\n1,2\n\n,\n3,4\n", [[3, 1, "1", "2"], [
      6,
      2,
      "3",
      "4",
    ]], [2, 5]],
    ["with more or fewer cells", TWO, 'a,b\n1,2\n,,,,\n""\n', [[2, 1, "1", "2"]], [3, 4]],
    ["but for a metadata cell", TWO, "id,a,b\n7,,\n", [[2, 1, "7", "", ""]], []],
    ["but for a space", TWO, "a,b\n, \n", [[2, 1, "", " "]], []],
    ["all keys are REPEAT", REPEATED, "a,b\n1,2\n,\n", [[2, 1, "1", "2"], [3, 2, "1", "2"]], []],
    ["some keys are REPEAT", MIXED, "a,b\n,\n1,2\n,3\n", [[3, 1, "1", "2"], [4, 2, "1", "3"]], [
      2,
    ]],
    ["there are no keys", "", 'id\nA\n""\n', [[2, 1, "A"], [3, 2, ""]], []],
  ] as const
) {
  Deno.test(`rows of empty cells: ${name}`, () => {
    assertEquals<unknown>(rowsOf(conf, values), { devices, emptyLines, problems: [] });
  });
}

Deno.test("rows of empty cells alone are no device", () => {
  assertEquals(rowsOf(TWO, "a,b\n,\n").problems, [
    "values: has a header and no device; add a row for each device",
  ]);
});
