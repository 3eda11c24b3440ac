import { assertEquals } from "@std/assert";
import {
  type CsvFault,
  type CsvRecord,
  csvRecords,
  type LineSource,
} from "../../src/input/csv_records.ts";

/** Lines one by one, numbered from 1. */
function sourceOf(lines: Iterable<string>): LineSource {
  const iterator = lines[Symbol.iterator]();
  let line = 0;
  return {
    next() {
      const { done, value } = iterator.next();
      if (done) return undefined;
      line++;
      return value;
    },
    get line() {
      return line;
    },
  };
}

function parse(text: string, comments = false) {
  const faults: CsvFault[] = [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const records: CsvRecord[] = [
    ...csvRecords(sourceOf(lines), { comments }, (fault) => faults.push(fault)),
  ];
  return {
    records: records.map(({ line, fields }) => ({ line, fields })),
    rows: records.map(({ row }) => row),
    faults: faults.map(({ line, column, message }) => ({ line, column, message })),
    faultyRows: faults.map(({ row }) => row),
  };
}

/** Fields as Python's `csv.reader` gives them. */
for (
  const [text, fields] of [
    ["a,b,c", ["a", "b", "c"]],
    ["a", ["a"]],
    [",", ["", ""]],
    ["a,", ["a", ""]],
    [",a", ["", "a"]],
    [" a , b ", [" a ", " b "]],
    ['"a","b"', ["a", "b"]],
    ['""', [""]],
    ['"",""', ["", ""]],
    ['a,""', ["a", ""]],
    ['"a,b",c', ["a,b", "c"]],
    ['"a""b"', ['a"b']],
    ['""""', ['"']],
    ['""""""', ['""']],
    ['a"b', ['a"b']],
    ['a""b', ['a""b']],
    ['he said "hi",x', ['he said "hi"', "x"]],
    [' "a"', [' "a"']],
    ['x"a,b"', ['x"a', 'b"']],
    ['"a\nb",c', ["a\nb", "c"]],
    ['"\n",c', ["\n", "c"]],
    ['"a\n\n\nb"', ["a\n\n\nb"]],
    ['"a\n# no comment\nb"', ["a\n# no comment\nb"]],
    ['"a""\n""b"', ['a"\n"b']],
    ['"{""k"":[1,2]}",z', ['{"k":[1,2]}', "z"]],
    ["#a,b", ["#a", "b"]],
    ['"#a",b', ["#a", "b"]],
    ["é,語", ["é", "語"]],
    ["a;b\tc", ["a;b\tc"]],
  ] as const
) {
  Deno.test(`the record ${JSON.stringify(text)}`, () => {
    const { records, faults } = parse(text);
    assertEquals({ records, faults }, { records: [{ line: 1, fields: [...fields] }], faults: [] });
  });
}

Deno.test("records know the physical line that they begin on", () => {
  const { records, faults } = parse('\na,b\n\n"x\ny",c\n  \nlast,"l1\n\nl2"\nend,z\n');
  assertEquals(faults, []);
  assertEquals(records, [
    { line: 2, fields: ["a", "b"] },
    { line: 4, fields: ["x\ny", "c"] },
    { line: 7, fields: ["last", "l1\n\nl2"] },
    { line: 10, fields: ["end", "z"] },
  ]);
});

Deno.test("comments are dropped where they are wanted, with their lines counted", () => {
  const text = '# c1\na,b\n#c2 "quote\n #no,comment\n"#nor",this\n';
  assertEquals(parse(text, true).records, [
    { line: 2, fields: ["a", "b"] },
    { line: 4, fields: [" #no", "comment"] },
    { line: 5, fields: ["#nor", "this"] },
  ]);
  assertEquals(parse("#a,b\n", false).records, [{ line: 1, fields: ["#a", "b"] }]);
});

Deno.test("rows are those that a spreadsheet shows: a cell of several lines is in one", () => {
  const { records, rows, faultyRows } = parse(
    'h,i\n"a\nb\nc",1\n\nd,"2\n\n3"\n"e"x,4\nf,5\n"g\nh"i,6\nj,7\n',
  );
  assertEquals(records.map(({ line }) => line), [1, 2, 6, 10, 13]);
  assertEquals(rows, [1, 2, 4, 6, 8]);
  assertEquals(faultyRows, [5, 7]);
});

for (
  const [name, text, place, lines] of [
    ["a quote never closed", 'a,b\n1,"x\n2,y\n3,z\n', { line: 2, column: 2 }, [1]],
    ["a quote never closed behind a closed one", '"a",b,"x\ny', { line: 1, column: 3 }, []],
    ["a quote at the very end", 'a,"', { line: 1, column: 2 }, []],
  ] as const
) {
  Deno.test(`${name}: nothing behind it is a record`, () => {
    const { records, faults } = parse(text);
    assertEquals(records.map(({ line }) => line), [...lines]);
    assertEquals(faults, [{
      ...place,
      message: "the quote is never closed; put a quote behind the cell",
    }]);
  });
}

for (
  const [name, text, place] of [
    ["text behind a closing quote", '"a"b,c\nd,e\n', { line: 1, column: 1 }],
    ["a space behind a closing quote", 'x,"a" ,c\nd,e\n', { line: 1, column: 2 }],
    ["a quote that is not doubled", '"say "hi" now",c\nd,e\n', { line: 1, column: 1 }],
  ] as const
) {
  Deno.test(`${name}: the next line is a record again`, () => {
    const { records, faults } = parse(text);
    assertEquals(records, [{ line: 2, fields: ["d", "e"] }]);
    assertEquals(faults, [{
      ...place,
      message: "text follows the closing quote; double each quote inside a quoted cell",
    }]);
  });
}

Deno.test("a forgotten quote does not take a whole file into memory", () => {
  let taken = 0;
  function* lines(): Generator<string> {
    yield 'a,"b';
    for (let i = 0; i < 20000; i++) {
      taken++;
      yield "x".repeat(1000);
    }
  }
  const faults: CsvFault[] = [];
  const records = [
    ...csvRecords(sourceOf(lines()), { comments: false }, (fault) => faults.push(fault)),
  ];
  assertEquals([records, faults.length, faults[0]?.line], [[], 1, 1]);
  assertEquals(taken, 20000);
});
