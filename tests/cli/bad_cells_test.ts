/** Bad input: cells and files that are not what their encoding says, and data that do not fit. */

import { type BadInput, confOf, oneValue, testBadInputs } from "./bad_inputs.ts";

/** The range of each integer type; the values next to it are refused. */
const RANGES = {
  u8: [0n, 255n],
  i8: [-128n, 127n],
  u16: [0n, 65535n],
  i16: [-32768n, 32767n],
  u32: [0n, 4294967295n],
  i32: [-2147483648n, 2147483647n],
  u64: [0n, 18446744073709551615n],
  i64: [-9223372036854775808n, 9223372036854775807n],
} as const;

const outOfRange = Object.entries(RANGES).flatMap(([type, [min, max]]) =>
  [min - 1n, max + 1n].map((value): BadInput => ({
    name: `${type} ${value}`,
    ...oneValue(type, String(value)),
    says: [`values.csv:2:1: key "k": ${value} does not fit ${type}; it takes ${min} to ${max}`],
    problems: 1,
  }))
);

const NOT_WHOLE = [
  "1.0",
  "1e3",
  "one",
  "0x",
  "0xG1",
  "0o8",
  "0b2",
  "12 34",
  "1,000",
  "--1",
  "- 1",
  "1-",
  "1_",
  "١",
  "true",
  "0x1.8",
  "1n",
];

const notWhole = NOT_WHOLE.map((text): BadInput => ({
  name: `u32 "${text}"`,
  ...oneValue("u32", text),
  says: [`values.csv:2:1: key "k": "${text}" is not a whole number; a u32 takes 0 to 4294967295`],
  problems: 1,
}));

testBadInputs("numbers are refused", [
  ...outOfRange,
  ...notWhole,
  {
    name: "an empty number",
    conf: confOf("u16"),
    values: "k,x\n,1\n",
    says: ['values.csv:2:1: key "k": has no value; a u16 takes 0 to 65535'],
    problems: 1,
  },
  {
    name: "a number of spaces",
    conf: confOf("u16"),
    values: "k,x\n  ,1\n",
    says: ['values.csv:2:1: key "k": has no value'],
  },
  { name: "a hex number out of range", ...oneValue("u8", "0x100"), says: ["256 does not fit u8"] },
  ...["hunter2pw", "9f86d081884c7d659a2feaa0c55ad015"].map((text): BadInput => ({
    name: `what may be a secret of a wrong column is not printed: ${text}`,
    ...oneValue("u32", text),
    says: [`key "k": a text of ${text.length} characters is not a whole number; a u32 takes 0`],
    problems: 1,
  })),
  {
    name: "a number of 5000 digits is not printed in full",
    ...oneValue("i64", `x${"9".repeat(5000)}`),
    says: ["a text of 5001 characters is not a whole number"],
  },
  {
    name: "a number of 100000 digits is not printed in full, nor one with underscores",
    ...oneValue("i64", `1${"_1".repeat(100_000)}`),
    says: [`key "k": ${"1".repeat(40)}… does not fit i64; it takes -9223372036854775808 to`],
  },
]);

testBadInputs("floating-point numbers are refused", [
  ...([
    ["float", "nan", "is NaN, which a device refuses to store"],
    ["float", "3.5e38", '"3.5e38" does not fit float; the largest is 3.4028235e+38'],
    ["double", "-2e308", '"-2e308" does not fit double; the largest is 1.7976931348623157e+308'],
    ["float", "1,5", '"1,5" has a comma; write "." before decimals, nothing between thousands'],
    ["double", "0x1p3", '"0x1p3" is not a decimal number; a double takes one such as -1.5'],
    ["double", "1_0", '"1_0" is not a decimal number'],
  ] as const).map(([encoding, cell, says]): BadInput => ({
    name: `${encoding} "${cell}"`,
    ...oneValue(encoding, cell),
    says: [`values.csv:2:1: key "k": ${says}`],
    problems: 1,
  })),
  {
    name: "an empty float",
    conf: confOf("float"),
    values: "k,x\n,1\n",
    says: ['values.csv:2:1: key "k": has no value; a float takes a decimal number'],
    problems: 1,
  },
  {
    name: "a float of a file",
    conf: confOf("float", "file"),
    values: "k\nf.txt\n",
    files: { "f.txt": "1.5" },
    says: ["conf.csv:2:3:", "a file cannot hold float"],
    problems: 1,
  },
]);

interface BadCell {
  encoding: string;
  cell: string;
  says: string;
}

const BAD_CELLS: readonly BadCell[] = [
  { encoding: "hex2bin", cell: "abc", says: "has 3 hex digits, an odd number" },
  {
    encoding: "hex2bin",
    cell: "0xABCD",
    says: 'character 2 is not a hex digit; write two digits a byte, without "0x"',
  },
  { encoding: "hex2bin", cell: "AB CD", says: "character 3 is not a hex digit" },
  { encoding: "hex2bin", cell: "AB:CD", says: "character 3 is not a hex digit" },
  { encoding: "hex2bin", cell: "GG", says: "character 1 is not a hex digit" },
  { encoding: "hex2bin", cell: "AB\nCD", says: "character 3 is not a hex digit" },
  { encoding: "base64", cell: "AAA", says: "has 3 base64 characters; it must be a multiple of 4" },
  { encoding: "base64", cell: "A", says: "has 1 base64 characters" },
  { encoding: "base64", cell: "A===", says: "character 2 is not base64" },
  { encoding: "base64", cell: "AA=A", says: "character 3 is not base64" },
  { encoding: "base64", cell: "AA==AA==", says: "character 3 is not base64" },
  { encoding: "base64", cell: "====", says: "character 1 is not base64" },
  { encoding: "base64", cell: "AA-_", says: 'character 3 is not base64; write "+" and "/"' },
  { encoding: "base64", cell: "AAé=", says: "character 3 is not base64" },
  { encoding: "string", cell: "a\0b", says: "the string holds a NUL at character 2" },
  {
    encoding: "string",
    cell: "x".repeat(4000),
    says: "the string takes 4001 bytes with its NUL; at most 4000 fit",
  },
  { encoding: "string", cell: "é".repeat(2000), says: "the string takes 4001 bytes with its NUL" },
  {
    encoding: "blob_fill(4;0xFF)",
    cell: "12345",
    says: "has 5 bytes; the encoding leaves room for 4",
  },
  {
    encoding: "blob_fill(4;0xFF)",
    cell: "ééé",
    says: "has 6 bytes; the encoding leaves room for 4",
  },
  {
    encoding: "blob_sz_fill(4;0xFF)",
    cell: "12345",
    says: "has 5 bytes; the encoding leaves room for 4",
  },
];

const VERSION_1: readonly BadCell[] = [
  {
    encoding: "string",
    cell: "x".repeat(1984),
    says: "the string takes 1985 bytes with its NUL; at most 1984 fit in version 1",
  },
  {
    encoding: "hex2bin",
    cell: "00".repeat(1985),
    says: "the blob has 1985 bytes; at most 1984 fit in version 1",
  },
  { encoding: "blob_fill(1985;0x00)", cell: "", says: "the blob has 1985 bytes" },
];

function rowOf({ encoding, cell, says }: BadCell): BadInput {
  return {
    name: `${encoding} ${JSON.stringify(cell.slice(0, 12))}, ${cell.length} characters`,
    ...oneValue(encoding, cell),
    says: [`values.csv:2:1: key "k": ${says}`],
    problems: 1,
  };
}

testBadInputs("cells are refused", [
  ...BAD_CELLS.map(rowOf),
  ...VERSION_1.map((row) => ({
    ...rowOf(row),
    name: `version 1: ${rowOf(row).name}`,
    options: ["--version", "1"],
  })),
  {
    name: "the text of a string is not repeated in a message",
    ...oneValue("string", `topsecret\0${"y".repeat(10)}`),
    says: ['values.csv:2:1: key "k": the string holds a NUL at character 10'],
  },
]);

const FILE_ROW = { values: "id,k\n1,d.dat\n" };

testBadInputs("sizes are refused", [
  {
    name: "a blob of 508001 bytes",
    conf: confOf("binary", "file"),
    ...FILE_ROW,
    files: { "d.dat": new Uint8Array(508001) },
    args: ["generate", "conf.csv", "values.csv", "Dev", "0x100000", "--outdir", "out"],
    says: ['values.csv:2:2: key "k": the blob has 508001 bytes; a device keeps at most 508000'],
    problems: 1,
  },
  {
    name: "a string of a file above 4000 bytes",
    conf: confOf("string", "file"),
    ...FILE_ROW,
    files: { "d.dat": "x".repeat(4000) },
    says: ['values.csv:2:2: key "k": the string takes 4001 bytes with its NUL'],
    problems: 1,
  },
  {
    name: "a NUL in a string of a file",
    conf: confOf("string", "file"),
    ...FILE_ROW,
    files: { "d.dat": "line\nx\0" },
    says: ['values.csv:2:2: key "k": the string holds a NUL at character 7'],
    problems: 1,
  },
  {
    name: "data too large for the partition, naming the device",
    conf: confOf("binary", "file"),
    values: "k,id\nsmall.dat,A1\nd.dat,B2\n",
    files: { "small.dat": "x", "d.dat": new Uint8Array(12000) },
    options: ["--fileid", "id"],
    says: ['values.csv:3: the data of "Dev-B2" needs 0x5000, has 0x3000; give a larger size'],
    problems: 1,
  },
  {
    name: "data one page too large",
    conf: confOf("binary", "file"),
    ...FILE_ROW,
    files: { "d.dat": new Uint8Array(8000) },
    says: ['values.csv:2: the data of "Dev-1" needs 0x4000, has 0x3000'],
    problems: 1,
  },
  {
    name: "data too large for one read-only page",
    conf: confOf("binary", "file"),
    ...FILE_ROW,
    files: { "d.dat": new Uint8Array(4000) },
    args: ["generate", "conf.csv", "values.csv", "Dev", "0x1000", "--outdir", "out"],
    says: ['values.csv:2: the data of "Dev-1" needs 0x2000, has 0x1000'],
    problems: 1,
  },
  {
    name: "data too large for two read-only pages",
    conf: confOf("binary", "file"),
    ...FILE_ROW,
    files: { "d.dat": new Uint8Array(8100) },
    args: ["generate", "conf.csv", "values.csv", "Dev", "0x2000", "--outdir", "out"],
    says: ['values.csv:2: the data of "Dev-1" needs 0x4000, has 0x2000'],
    problems: 1,
  },
]);
