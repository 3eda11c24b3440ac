/** Bad input: files that are not there, or are not the text of a CSV. */

import { CONF, GENERATE, latin1, testBadInputs, utf16 } from "./bad_inputs.ts";

const NAMED_FILE = "n,namespace,\nk,file,binary\n";

function generate(conf: string, values: string): string[] {
  return ["generate", conf, values, ...GENERATE.slice(3)];
}

testBadInputs("files are refused", [
  {
    name: "configuration is missing",
    args: generate("nowhere.csv", "values.csv"),
    says: ["nowhere.csv: does not exist"],
    problems: 1,
  },
  {
    name: "values file is missing",
    args: generate("conf.csv", "nowhere.csv"),
    says: ["nowhere.csv: does not exist"],
    problems: 1,
  },
  {
    name: "both are missing, in one run",
    args: generate("a.csv", "b.csv"),
    says: ["a.csv: does not exist", "b.csv: does not exist"],
    problems: 2,
  },
  {
    name: "configuration is a folder",
    files: { "folder/": "" },
    args: generate("folder", "values.csv"),
    says: ["folder: is a folder"],
  },
  {
    name: "values file is a folder",
    files: { "folder/": "" },
    args: generate("conf.csv", "folder"),
    says: ["folder: is a folder"],
  },
  {
    name: "a path goes through a file",
    args: generate("conf.csv/conf.csv", "values.csv"),
    says: ["conf.csv/conf.csv: does not exist"],
  },
  { name: "configuration is empty", conf: "", says: ["conf.csv: is empty"], problems: 1 },
  {
    name: "configuration has a BOM and nothing else",
    conf: "\uFEFF",
    says: ["conf.csv: is empty"],
  },
  {
    name: "configuration has comments and blank lines only",
    conf: "# nothing\n\n   \n,,\n",
    says: ["conf.csv: is empty"],
  },
  { name: "values file is empty", values: "", says: ["values.csv: is empty"], problems: 1 },
  { name: "values file has blank lines only", values: "\n\r\n\n", says: ["values.csv: is empty"] },
  {
    name: "values file has a header and no device",
    values: "k\n",
    says: ["values.csv: has a header and no device"],
    problems: 1,
  },
  {
    name: "values file has a header, blank lines and no device",
    values: "k\n\n\n\n",
    says: ["values.csv: has a header and no device"],
  },
  {
    name: "configuration is UTF-16 LE without a mark",
    conf: utf16(CONF, true, false),
    says: ["conf.csv:1: is UTF-16 without a byte order mark; save the file as UTF-8"],
    problems: 1,
  },
  {
    name: "values file is UTF-16 LE without a mark",
    values: utf16("k\n1\n", true, false),
    says: ["values.csv:1: is UTF-16"],
  },
  {
    name: "values file is UTF-16 BE without a mark",
    values: utf16("k\n1\n", false, false),
    says: ["values.csv:1: is UTF-16"],
  },
  {
    name: "half a pair of surrogates in UTF-16, with its line",
    conf: "n,namespace,\nk,data,string\n",
    values: utf16("k\nab\n\n\uD83Dx\n", true),
    says: ["values.csv:4: is not UTF-16; save the file as UTF-8"],
    problems: 1,
  },
  {
    name: "an Excel workbook as the values",
    values: latin1(`PK\x03\x04${"\0".repeat(22)}\x13\0\0\0[Content_Types].xml\xB5\x94`),
    says: [
      "values.csv:1: is an Excel workbook (.xlsx), no CSV; open it, and save it by " +
      'File > Save As as "CSV UTF-8 (Comma delimited) (*.csv)"',
    ],
    problems: 1,
  },
  {
    name: "an OpenDocument file as the configuration",
    conf: latin1(`PK\x03\x04${"\0".repeat(22)}\x08\0\0\0mimetypeapplication/vnd.oasis`),
    says: ["conf.csv:1: is an OpenDocument file (.ods), no CSV; open it, and save it by"],
    problems: 1,
  },
  {
    name: "a Latin-1 byte in the values, with its line",
    conf: "n,namespace,\nk,data,string\n",
    values: latin1("k\nab\n\ncaf\xE9\nx\n"),
    says: ["values.csv:4: is not UTF-8; save the file as UTF-8"],
    problems: 1,
  },
  {
    name: "a Latin-1 byte in the configuration, with its line",
    conf: latin1("n,namespace,\n# gr\xFC\xDFe\nk,data,u8\n"),
    says: ["conf.csv:2: is not UTF-8"],
  },
  {
    name: "a Latin-1 byte below a replacement character of the file's own",
    conf: "n,namespace,\nk,data,string\n",
    values: latin1("k\n\xEF\xBF\xBD\nb\ncaf\xE9\n"),
    says: ["values.csv:4: is not UTF-8"],
  },
  {
    name: "a character cut off at the end of the file",
    conf: "n,namespace,\nk,data,string\n",
    values: latin1("k\na\nb\xC3"),
    says: ["values.csv:3: is not UTF-8"],
  },
  {
    name: "a lone surrogate in UTF-8",
    conf: "n,namespace,\nk,data,string\n",
    values: latin1("k\na\xED\xA0\x80\n"),
    says: ["values.csv:2: is not UTF-8"],
  },
  {
    name: "semicolons in both files: what is wrong is told as with commas",
    conf: "n;namespace;\nk;data;u8\nm;data;u8\n",
    values: "k;m\n1;300\n2\n",
    says: [
      'values.csv:2:2: key "m": 300 does not fit u8',
      "values.csv:3: has 1 cell, the header has 2; add a semicolon for each empty cell",
    ],
    problems: 2,
  },
  {
    name: "tabs, and a key that is missing",
    conf: "n,namespace,\nk,data,u8\nm,data,u8\n",
    values: "k\tl\n1\t2\n",
    says: ['values.csv:1: key "m": has no column; add one named "m"'],
    problems: 1,
  },
  {
    name: "a comma in the header among semicolons: commas separate",
    values: "k;x,y\n1;2,3\n",
    says: ['values.csv:1: key "k": has no column'],
    problems: 1,
  },
  {
    name: "a first line that names no separator that there is",
    values: "sep=|\nk|x\n1|2\n",
    says: ['values.csv:1: key "k": has no column'],
  },
  {
    name: "a referenced file is missing",
    conf: NAMED_FILE,
    values: "id,k\n1,d/a.bin\n",
    says: ['values.csv:2:2: key "k": file "d/a.bin" does not exist'],
    problems: 1,
  },
  {
    name: "a referenced file is a folder",
    conf: NAMED_FILE,
    values: "k\nd\n",
    files: { "d/": "" },
    says: ['values.csv:2:1: key "k": file "d" is a folder; name a file'],
  },
  {
    name: "a referenced file has no name",
    conf: NAMED_FILE,
    values: "k,id\n,1\n",
    says: ['values.csv:2:1: key "k": names no file'],
  },
  {
    name: "a referenced file is far too large",
    conf: NAMED_FILE,
    values: "k\nd.dat\n",
    files: { "d.dat": new Uint8Array(4 * 1024 * 1024 + 1) },
    says: ['values.csv:2:1: key "k": file "d.dat" has 4194305 bytes'],
  },
  {
    name: "a referenced file's path holds a NUL",
    conf: NAMED_FILE,
    values: "k\nd\0.dat\n",
    says: ['values.csv:2:1: key "k":'],
  },
  {
    name: "a referenced text file is not UTF-8",
    conf: "n,namespace,\nk,file,string\n",
    values: "k\nd.txt\n",
    files: { "d.txt": latin1("caf\xE9") },
    says: ['values.csv:2:1: key "k": is not UTF-8 text'],
  },
  {
    name: "a referenced hex file is no hex",
    conf: "n,namespace,\nk,file,hex2bin\n",
    values: "k\nd.txt\n",
    files: { "d.txt": "00 11" },
    says: ['values.csv:2:1: key "k": character 3 is not a hex digit'],
  },
  {
    name: "a referenced base64 file is no base64",
    conf: "n,namespace,\nk,file,base64\n",
    values: "k\nd.txt\n",
    files: { "d.txt": "AAA" },
    says: ['values.csv:2:1: key "k": has 3 base64 characters'],
  },
  {
    name: "a file path that is too long for the system",
    conf: NAMED_FILE,
    values: `k\n${"x".repeat(300)}\n`,
    says: ['values.csv:2:1: key "k":'],
  },
]);
