/** Bad input: file ids that make no file names, names that are taken, outputs that exist. */

import { type BadInput, GENERATE, testBadInputs, USAGE } from "./bad_inputs.ts";

const FILE_ID = ["--fileid", "id"];

function badId(id: string, says: string, name = JSON.stringify(id)): BadInput {
  const cell = /[",\r\n]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id;
  return {
    name: `file id ${name}`,
    values: `id,k\ngood,1\n${cell},2\n`,
    options: FILE_ID,
    says: [`values.csv:3:1: key "id": file id "`, says],
    problems: 1,
  };
}

testBadInputs("file ids are refused", [
  badId("", '"" is empty; give it a value'),
  badId("a/b", '"a/b" holds "/" or "\\"'),
  badId("/abs", '"/abs" holds "/"'),
  badId("../up", '"../up" holds "/"'),
  badId("a\\b", '"a\\b" holds "/" or "\\"'),
  badId("..", '".." holds ".."'),
  badId("a..b", '"a..b" holds ".."'),
  badId(".", '"." ends with a dot'),
  badId("A1.", '"A1." ends with a dot or a space, which Windows drops'),
  badId("A1 ", '"A1 " ends with a dot or a space'),
  badId(" A1", '" A1" begins with a space'),
  badId("CON", '"CON" is a reserved name on Windows'),
  badId("con", '"con" is a reserved name on Windows'),
  badId("nul.", '"nul." ends with a dot'),
  badId("nul.txt", '"nul.txt" is a reserved name on Windows'),
  badId("Aux", '"Aux" is a reserved name on Windows'),
  badId("PRN", '"PRN" is a reserved name on Windows'),
  badId("COM1", '"COM1" is a reserved name on Windows'),
  badId("lpt9", '"lpt9" is a reserved name on Windows'),
  badId("COM¹", '"COM¹" is a reserved name on Windows'),
  badId("a\nb", "holds a control character or line break"),
  badId("a\tb", "holds a control character or line break"),
  badId("a\0b", "holds a control character or line break"),
  badId("a\x7Fb", "holds a control character or line break", "with a DEL"),
  badId(
    "x".repeat(250),
    "makes a file name of 254 bytes; at most 200 are possible",
    "of 250 bytes",
  ),
  badId("é".repeat(120), "makes a file name of 244 bytes", "of 120 characters and 240 bytes"),
  badId("good", 'file id "good" was used in line 2 already', "of another device"),
  badId("GOOD", 'file id "GOOD" was used in line 2 already', "of another device but for case"),
  {
    name: "file ids that differ in the composition of a character",
    values: "id,k\nn\u00E9,1\nne\u0301,2\n",
    options: FILE_ID,
    says: ['values.csv:3:1: key "id": file id "ne\u0301" was used in line 2 already'],
    problems: 1,
  },
  {
    name: "a file id three times: each later one is named",
    values: 'id,k\n1,1\n"2\n",2\n1,3\n1,4\n',
    options: FILE_ID,
    says: [
      'values.csv:3:1: key "id": file id "2\\n" holds a control character',
      'values.csv:5:1: key "id": file id "1" was used in line 2',
      "the same in values.csv:6:1\n",
    ],
    problems: 3,
  },
  {
    name: "a REPEAT column as file id",
    conf: "n,namespace,\nk,data,u8,REPEAT\n",
    values: "k,x\n1,a\n,b\n",
    options: ["--fileid", "k"],
    says: ['values.csv:3:1: key "k": file id "1" was used in line 2 already'],
    problems: 1,
  },
  {
    name: "a prefix of 300 bytes",
    args: ["generate", "conf.csv", "values.csv", "x".repeat(300), "0x3000", "--outdir", "out"],
    says: ["makes a file name of 302 bytes; at most 200 are possible"],
  },
  {
    name: "a prefix of 120 characters and 240 bytes, with a counter",
    args: [
      ...["generate", "conf.csv", "values.csv", "é".repeat(120), "0x3000", "--outdir", "out"],
      ...["--prefix_num", "1", "4"],
    ],
    says: ["makes a file name of 247 bytes; at most 200 are possible"],
  },
  {
    name: "a column for --fileid that does not exist",
    values: "id,k\n1,2\n",
    options: ["--fileid", "serial"],
    says: ['values.csv:1: has no column "serial" for --fileid; its columns are "id", "k"'],
    problems: 1,
  },
  {
    name: "a column for --fileid in another case",
    values: "id,k\n1,2\n",
    options: ["--fileid", "ID"],
    says: ['values.csv:1: has no column "ID" for --fileid; did you mean id? its columns are'],
    problems: 1,
  },
]);

const COUNTED = ["--prefix_num", "9", "4", ...FILE_ID];
const KEYGEN_HMAC = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
const IDS = { values: "id,k\nA,1\nB,2\n", options: FILE_ID };

testBadInputs("outputs that exist are not overwritten", [
  {
    ...IDS,
    name: "an image",
    files: { "out/bin/Dev-B.bin": "precious" },
    says: ["out/bin/Dev-B.bin: exists already; choose another --outdir or prefix"],
    problems: 1,
  },
  {
    ...IDS,
    name: "an intermediate CSV",
    files: { "out/csv/Dev-A.csv": "precious" },
    says: ["out/csv/Dev-A.csv: exists already"],
    problems: 1,
  },
  {
    ...IDS,
    name: "a key partition",
    files: { "out/keys/keys-Dev-A.bin": "precious" },
    options: [...FILE_ID, "--keygen"],
    says: ["out/keys/keys-Dev-A.bin: exists already"],
    problems: 1,
  },
  {
    ...IDS,
    name: "an HMAC key",
    files: { "out/keys/hmac-keys-Dev-B.bin": "precious" },
    options: [...FILE_ID, ...KEYGEN_HMAC],
    says: ["out/keys/hmac-keys-Dev-B.bin: exists already"],
    problems: 1,
  },
  {
    ...IDS,
    name: "a name with a counter",
    files: { "out/bin/Dev-0010-B.bin": "precious" },
    options: COUNTED,
    says: ["out/bin/Dev-0010-B.bin: exists already"],
    problems: 1,
  },
  {
    name: "names without --fileid",
    files: { "out/bin/Dev-1.bin": "precious", "out/csv/Dev-1.csv": "precious" },
    says: ["out/bin/Dev-1.bin: exists already", "out/csv/Dev-1.csv: exists already"],
    problems: 2,
  },
  {
    name: "a folder under an image's name",
    files: { "out/bin/Dev-1.bin/": "" },
    says: ["out/bin/Dev-1.bin: exists already"],
    problems: 1,
  },
  {
    name: "--dry-run says so too",
    files: { "out/bin/Dev-1.bin": "precious" },
    options: ["--dry-run"],
    says: ["out/bin/Dev-1.bin: exists already"],
    problems: 1,
  },
  {
    name: "in the current folder, without --outdir",
    files: { "bin/Dev-1.bin": "precious" },
    args: GENERATE.slice(0, 5),
    says: ["bin/Dev-1.bin: exists already"],
    problems: 1,
  },
  {
    name: "values_created.csv with other contents",
    conf: "n,namespace,\nk,data,u8,REPEAT\n",
    files: { "values_created.csv": "precious" },
    says: ["values_created.csv: exists already, with other contents"],
    problems: 1,
  },
  {
    name: "values_created.csv is a folder",
    conf: "n,namespace,\nk,data,u8,REPEAT\n",
    files: { "values_created.csv/": "" },
    says: ["values_created.csv: exists already"],
    problems: 1,
  },
  {
    name: "an unknown command never writes into the folder",
    files: { "out/bin/Dev-1.bin": "precious" },
    args: ["gener", ...GENERATE.slice(1)],
    exit: USAGE,
    says: ['command "gener" is unknown; did you mean generate?'],
  },
]);
