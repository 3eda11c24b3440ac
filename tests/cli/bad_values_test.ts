/** Bad input: headers, rows and quotes of values files. */

import { testBadInputs } from "./bad_inputs.ts";

const TWO = "n,namespace,\na,data,u8\nb,data,string\n";
const THREE = "n,namespace,\na,data,u8\nb,data,u8\nc,data,u8\n";
const LONG = Array.from({ length: 12 }, (_, index) => `long_name_${index}`);
const REPEATED = "n,namespace,\na,data,u8,REPEAT\nb,data,u8\n";

testBadInputs("values files are refused", [
  {
    name: "a key without a column",
    conf: TWO,
    values: "id,a\n1,2\n",
    says: ['values.csv:1: key "b": has no column; add one named "b" (configuration line 3)'],
    problems: 1,
  },
  {
    name: "no key has a column: each is named",
    conf: TWO,
    values: "x,y\n1,2\n",
    says: [
      'values.csv:1: key "a": has no column',
      'values.csv:1: key "b": has no column',
      "hint: no key has a column: the first row has to be the header",
    ],
    problems: 2,
  },
  {
    name: "a header of a single cell: the hint tells what separates columns",
    conf: TWO,
    values: "a|b\n1|2\n",
    says: ["hint: the header is a single cell; put commas, semicolons or tabs between the columns"],
    problems: 2,
  },
  {
    name: "a header in capitals",
    conf: TWO,
    values: "A,b\n1,2\n",
    says: ['values.csv:1:1: key "a": has no column; the header says "A", write "a"'],
  },
  {
    name: "a header cell with a space",
    conf: TWO,
    values: "id,a, b\n1,2,3\n",
    says: ['values.csv:1:3: key "b": has no column; the header says " b", write "b"'],
    problems: 1,
  },
  {
    name: "columns in another order",
    conf: TWO,
    values: "b,a\n1,2\n",
    says: [
      'values.csv:1:1: key "b": is out of the configuration\'s order; key "a" of namespace "n" ' +
      "comes next; the order is a, b",
    ],
    problems: 1,
  },
  {
    name: "a column twice",
    conf: TWO,
    values: "a,b,b\n1,2,3\n",
    says: ['values.csv:1:3: key "b": is one column more than the configuration has keys'],
    problems: 1,
  },
  {
    name: "a key of two namespaces with one column",
    conf: "m,namespace,\nk,data,u8\nn,namespace,\nk,data,u8\n",
    values: "k\n1\n",
    says: [
      'values.csv:1: key "k": has no column for namespace "n"; it is in 2 namespaces, so 2 ' +
      "columns have its name, in the configuration's order (configuration line 4)",
    ],
    problems: 1,
  },
  {
    name: "a key twice in one namespace with one column",
    conf: "n,namespace,\nk,data,u8\nk,data,u8\n",
    values: "k\n1\n",
    says: [
      'conf.csv:3:1: key "k": occurs twice in namespace "n"',
      'values.csv:1: key "k": has no column; add one named "k" (configuration line 3)',
    ],
    problems: 2,
  },
  {
    name: "the first of a key's two columns is missing: the order of the others is right",
    conf: "m,namespace,\nk,data,u8\nz,data,u8\nn,namespace,\nk,data,u8\n",
    values: "z,k\n1,2\n",
    says: ['values.csv:1: key "k": has no column for namespace "m"'],
    problems: 1,
  },
  {
    name: "a column is missing and others are out of order: both are told",
    conf: THREE,
    values: "c,a\n1,2\n",
    says: [
      'values.csv:1: key "b": has no column; add one named "b" (configuration line 3)',
      'values.csv:1:1: key "c": is out of the configuration\'s order; key "a" of namespace "n" ' +
      "comes next; the order is a, c",
    ],
    problems: 2,
  },
  {
    name: "two columns are missing behind one that is out of order",
    conf: THREE + "d,data,u8\n",
    values: "b,id,a\n1,2,3\n",
    says: [
      'values.csv:1: key "c": has no column',
      'values.csv:1: key "d": has no column',
      'values.csv:1:1: key "b": is out of the configuration\'s order',
    ],
    problems: 3,
  },
  {
    name: "the first column in another place is the one that is named",
    conf: THREE,
    values: "id,a,c,b\n1,2,3,4\n",
    says: ['values.csv:1:3: key "c": is out of', 'key "b" of namespace "n" comes next'],
    problems: 1,
  },
  {
    name: "a long order is not shown",
    conf: "n,namespace,\n" + LONG.map((key) => `${key},data,u8\n`).join(""),
    values: `${LONG.toReversed().join(",")}\n${LONG.map(() => "1").join(",")}\n`,
    says: ['key "long_name_0" of namespace "n" comes next\n'],
    problems: 1,
  },
  {
    name: "a header cell in capitals, and a column that is missing",
    conf: THREE,
    values: "A,c\n1,2\n",
    says: [
      'values.csv:1:1: key "a": has no column; the header says "A", write "a"',
      'values.csv:1: key "b": has no column; add one named "b"',
    ],
    problems: 2,
  },
  {
    name: "keys that differ in capitals alone are no slips of each other",
    conf: "n,namespace,\nA,data,u8\na,data,u8\n",
    values: "A\n1\n",
    says: ['values.csv:1: key "a": has no column; add one named "a" (configuration line 3)'],
    problems: 1,
  },
  {
    name: "two columns more than the configuration has keys: each is named",
    conf: TWO,
    values: "b,a,b,a\n1,2,3,4\n",
    says: ['values.csv:1:1: key "b": is one column more', 'values.csv:1:4: key "a": is one column'],
    problems: 2,
  },
  {
    name: "no header, values at once",
    conf: TWO,
    values: "1,x\n2,y\n",
    says: ['values.csv:1: key "a": has no column'],
  },
  {
    name: "a BOM, then a bad header",
    conf: TWO,
    values: "\uFEFFa,c\r\n1,2\r\n",
    says: ['values.csv:1: key "b": has no column'],
    problems: 1,
  },
  {
    name: "a header below blank lines",
    conf: TWO,
    values: "\n\r\n  \na\n1\n",
    says: ['values.csv:4: key "b": has no column'],
    problems: 1,
  },
  {
    name: "the configuration given for the values",
    conf: TWO,
    values: TWO,
    says: ["values.csv:1: is a configuration, as it begins with a namespace row; give the values"],
    problems: 1,
  },
  {
    name: "an NVS CSV given for the values",
    conf: TWO,
    values: "key,type,encoding,value\nn,namespace,,\na,data,u8,1\n",
    says: ["values.csv:1: is an NVS CSV, which holds one partition; give the values"],
    problems: 1,
  },
  {
    name: "a cell too few, with the real line",
    conf: TWO,
    values: "a,b\n1,x\n\n2\n3,y\n",
    says: ["values.csv:4: has 1 cell, the header has 2; add a comma for each empty cell"],
    problems: 1,
  },
  {
    name: "a cell too many",
    conf: TWO,
    values: "a,b\n1,x,y\n",
    says: [
      "values.csv:2: has 3 cells, the header has 2; put a cell that holds a comma into quotes",
    ],
    problems: 1,
  },
  {
    name: "a comment line",
    conf: TWO,
    values: "a,b\n# 1,x\n1,x\n# end\n",
    says: [
      "values.csv:4: has 1 cell, the header has 2; comment lines are for the configuration only",
    ],
  },
  {
    name: "line numbers count the line breaks inside quotes",
    conf: TWO,
    values: 'a,b\n1,"x\ny\n\nz"\n256,"p\nq"\nbad,c\n',
    says: ['values.csv:6:1: key "a": 256 does not fit u8', 'values.csv:8:1: key "a": "bad"'],
    problems: 2,
  },
  {
    name: "line numbers with CRLF",
    conf: TWO,
    values: 'a,b\r\n1,"x\r\ny"\r\n256,q\r\n',
    says: ['values.csv:4:1: key "a": 256 does not fit u8'],
    problems: 1,
  },
  {
    name: "line numbers with CR alone",
    conf: TWO,
    values: "a,b\r1,x\r\r256,y\r",
    says: ['values.csv:4:1: key "a": 256 does not fit u8'],
    problems: 1,
  },
  {
    name: "a quote that is never closed",
    conf: TWO,
    values: 'a,b\n1,x\n2,"never closed\n3,z\n4,z\n',
    says: ["values.csv:3:2: the quote is never closed"],
    problems: 1,
  },
  {
    name: "a quote that is never closed in the header",
    conf: TWO,
    values: 'a,"b\n1,x\n',
    says: ["values.csv:1:2: the quote is never closed"],
  },
  {
    name: "a quote that is never closed on the last line, without its end",
    conf: TWO,
    values: 'a,b\n1,"',
    says: ["values.csv:2:2: the quote is never closed"],
  },
  {
    name: "text behind a closing quote; the rows below are still checked",
    conf: TWO,
    values: 'a,b\n1,"x" y\n256,z\n',
    says: [
      "values.csv:2:2: text follows the closing quote; double each quote",
      'values.csv:3:1: key "a": 256 does not fit u8',
    ],
    problems: 2,
  },
  {
    name: "a quote inside a quoted cell that is not doubled",
    conf: TWO,
    values: 'a,b\n1,"say "hi" now"\n',
    says: ["values.csv:2:2: text follows the closing quote"],
    problems: 1,
  },
  {
    name: "a REPEAT column with another value further down",
    conf: REPEATED,
    values: "a,b\n1,2\n,3\n1,4\n2,5\n",
    says: ['values.csv:5:1: key "a": differs from the first device\'s (line 2)', "REPEAT"],
    problems: 1,
  },
  {
    name: "a REPEAT column without a first value",
    conf: REPEATED,
    values: "a,b\n,2\n",
    says: ['values.csv:2:1: key "a": has no value'],
    problems: 1,
  },
  {
    name: "a REPEAT column that begins in the second row",
    conf: REPEATED,
    values: "a,b\n,2\n7,3\n",
    says: ['values.csv:2:1: key "a": has no value', 'values.csv:3:1: key "a": differs'],
  },
  {
    name: "a broken first row does not put blame on the REPEAT cells below",
    conf: REPEATED,
    values: "a,b\n7\n,3\n,4\n",
    says: ["values.csv:2: has 1 cell, the header has 2"],
    problems: 1,
  },
  {
    name: "several problems in both files, in one run",
    conf: "n,namespace,\na,data,U8\nb,data,u8\nc,data,string,repeat\n",
    values: "a,b,c\n1,256,x\n1,300\n1,,y\n",
    says: [
      'conf.csv:2:3: key "a": encoding "U8" is unknown',
      'conf.csv:4:4: key "c": "repeat" is unknown',
      'values.csv:2:2: key "b": 256 does not fit u8',
      "values.csv:3: has 2 cells, the header has 3",
      'values.csv:4:2: key "b": has no value',
    ],
    problems: 5,
  },
  {
    name: "problems in the configuration, the header and a key file, in one run",
    conf: "n,namespace,\na,data,U8\nb,data,u8\n",
    values: "b,a\n1,2\n",
    files: { "keys.bin": new Uint8Array(100) },
    options: ["--inputkey", "keys.bin"],
    says: ["keys.bin: has 100 bytes", 'conf.csv:2:3: key "a"', 'values.csv:1:1: key "b"'],
    problems: 3,
  },
  {
    name: "a bad cell, a bad name and an output that exists, in one run",
    conf: TWO,
    values: "a,b,id\n256,x,one\n1,y,a/b\n2,z,two\n",
    files: { "out/bin/Dev-two.bin": "here" },
    options: ["--fileid", "id"],
    says: [
      'values.csv:2:1: key "a": 256 does not fit u8',
      'values.csv:3:3: key "id": file id "a/b" holds "/"',
      "out/bin/Dev-two.bin: exists already",
    ],
    problems: 3,
  },
]);
