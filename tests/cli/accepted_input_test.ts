/** Input that has to be accepted: what the first device's image holds, or is called. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { encodePartition, type FormatVersion, type Item } from "../../mod.ts";
import { type Files, inTempFolder, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";
import { CONF, confOf, GENERATE, latin1 } from "./bad_inputs.ts";

interface Accepted {
  name: string;
  conf?: string | Uint8Array;
  values: string | Uint8Array;
  files?: Files;
  options?: readonly string[];
  /** What the first device's image holds. */
  items: readonly Item[];
}

/** The outcome and the first image of a run. */
async function acceptedRun(row: Accepted) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": row.conf ?? CONF, "values.csv": row.values, ...row.files });
    const outcome = await runProgram([...GENERATE, ...row.options ?? []], { cwd });
    const image = outcome.code === 0
      ? Deno.readFileSync(join(cwd, "out/bin/Dev-1.bin"))
      : undefined;
    return { outcome, image };
  });
}

function testAccepted(title: string, rows: readonly Accepted[]): void {
  Deno.test(title, async (t) => {
    const results = await pool(rows, POOL_WIDTH, acceptedRun);
    for (const [index, row] of rows.entries()) {
      await t.step(row.name, () => {
        const { outcome, image } = results[index]!;
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        const formatVersion: FormatVersion = row.options?.includes("--version") ? 1 : 2;
        const expected = encodePartition(row.items, { sizeBytes: 0x3000, formatVersion });
        assertEquals(new Uint8Array(image!), expected);
      });
    }
  });
}

function u8(value: number, key = "k", namespace = "n"): Item {
  return { namespace, key, type: "u8", value };
}

function text(value: string, key = "k"): Item {
  return { namespace: "n", key, type: "string", value };
}

function blob(...bytes: number[]): Item {
  return { namespace: "n", key: "k", type: "blob", value: Uint8Array.from(bytes) };
}

const STRINGS = "n,namespace,\na,data,string\nb,data,string\n";

testAccepted("shapes of the two files", [
  {
    name: "namespaces without keys",
    conf: "n,namespace,\nm,namespace,\n",
    values: "id\nA\nB\n",
    items: [{ namespace: "n", type: "namespace" }, { namespace: "m", type: "namespace" }],
  },
  ...["0", "0x0", "0b00", "+0"].map((mode) => ({
    name: `an open network's ap.authmode, written ${mode}: no master key`,
    conf: "n,namespace,\nap.ssid,data,string\nap.passwd,data,string\nap.authmode,data,u8\n",
    values: `ap.ssid,ap.passwd,ap.authmode\nnet,password,${mode}\n`,
    items: [text("net", "ap.ssid"), text("password", "ap.passwd"), u8(0, "ap.authmode")],
  })),
  {
    name: "a namespace row without its third cell",
    conf: "n,namespace\nk,data,u8\n",
    values: "k\n1\n",
    items: [u8(1)],
  },
  {
    name: "comments, blank lines, rows of commas",
    conf: "# first\n\n   \n,,\n#n2,namespace,\nn,namespace,\n# in between\n,,,\nk,data,u8\n\n#",
    values: "k\n1\n",
    items: [u8(1)],
  },
  {
    name: "blank lines in the values",
    values: "\n\nk\n\n1\n\n\n2\n\n",
    items: [u8(1)],
  },
  { name: "a BOM in both", conf: `\uFEFF${CONF}`, values: "\uFEFFk\n1\n", items: [u8(1)] },
  {
    name: "rows of empty cells above and below the devices",
    values: 'k,x\n,\n\n1,\n,,,\n"",\n2,\n,\n',
    items: [u8(1)],
  },
  {
    name: "rows of empty cells where every key is REPEAT",
    conf: "n,namespace,\nk,data,string,REPEAT\n",
    values: "k,x\n,\n,\n",
    items: [text("")],
  },
  {
    name: "a BOM in front of a comment",
    conf: `\uFEFF# made by a spreadsheet\n${CONF}`,
    values: "k\n1\n",
    items: [u8(1)],
  },
  {
    name: "CRLF in both, a BOM, no end of the last line",
    conf: "\uFEFFn,namespace,\r\nk,data,u8",
    values: "\uFEFFk,x\r\n1,y",
    items: [u8(1)],
  },
  { name: "CR alone", conf: "n,namespace,\rk,data,u8\r", values: "k\r1\r", items: [u8(1)] },
  {
    name: "an empty fourth cell, and a fifth",
    conf: "n,namespace,,,\nk,data,u8,,\n",
    values: "k\n1\n",
    items: [u8(1)],
  },
  {
    name: "quotes in the configuration",
    conf: '"n","namespace",""\n"k","data","u8"\n',
    values: '"k"\n"1"\n',
    items: [u8(1)],
  },
  {
    name: "commas, quotes and line breaks in cells",
    conf: STRINGS,
    values: 'a,b\n"x,y","l1\r\n\r\n# l3 ""q"""\n',
    items: [text("x,y", "a"), text('l1\n\n# l3 "q"', "b")],
  },
  {
    name: "a bare quote inside an unquoted cell",
    conf: STRINGS,
    values: 'a,b\nhe said "hi",5" disk\n',
    items: [text('he said "hi"', "a"), text('5" disk', "b")],
  },
  {
    name: "spaces in a string stay",
    conf: STRINGS,
    values: "a,b\n  x , \n",
    items: [text("  x ", "a"), text(" ", "b")],
  },
  {
    name: "empty strings",
    conf: STRINGS,
    values: 'a,id,b\n,1,""\n',
    items: [text("", "a"), text("", "b")],
  },
  {
    name: "a key called namespace, and one called key",
    conf: "n,namespace,\nnamespace,data,u8\nkey,data,u8\n",
    values: "namespace,key\n1,2\n",
    items: [u8(1, "namespace"), u8(2, "key")],
  },
  {
    name: "a namespace called namespace",
    conf: "namespace,namespace,\nk,data,u8\n",
    values: "k\n1\n",
    items: [u8(1, "k", "namespace")],
  },
  {
    name: "a metadata cell equal to a key's name",
    values: "id,k,note\nk,1,k\nn,2,k\n",
    items: [u8(1)],
  },
  {
    name: "metadata columns before, between and behind",
    conf: STRINGS,
    values: "x,a,y,,b,z\n1,A,2,3,B,4\n",
    items: [text("A", "a"), text("B", "b")],
  },
  {
    name: "namespaces a, b, a again",
    conf: "a,namespace,\nx,data,u8\nb,namespace,\nx,data,u8\na,namespace,\ny,data,u8\n",
    values: "x,x,y\n1,2,3\n",
    items: [u8(1, "x", "a"), u8(2, "x", "b"), u8(3, "y", "a")],
  },
  {
    name: "a key of 15 bytes with characters of two",
    conf: "n,namespace,\nfourteen_byté,data,u8\n",
    values: "fourteen_byté\n1\n",
    items: [u8(1, "fourteen_byté")],
  },
  {
    name: "the same value again in a REPEAT column",
    conf: "n,namespace,\nk,data,u8,REPEAT\n",
    values: "k,x\n7,1\n,2\n7,3\n",
    items: [u8(7)],
  },
  {
    name: "a values file of 70,000 bytes in one cell line",
    conf: STRINGS,
    values: `a,x,b\nA,${"é".repeat(35000)},B\n`,
    items: [text("A", "a"), text("B", "b")],
  },
]);

const NUMBERS = [
  ["u8", "0xFf", 255n],
  ["u8", "0o17", 15n],
  ["u8", "0b101", 5n],
  ["u8", "+5", 5n],
  ["u8", " 5 ", 5n],
  ["u8", "007", 7n],
  ["u16", "1_000", 1000n],
  ["u8", "-0", 0n],
  ["i8", "-0x80", -128n],
  ["i16", "-32768", -32768n],
  ["i16", "32767", 32767n],
  ["u64", "18446744073709551615", 18446744073709551615n],
  ["u64", "0xFFFFFFFFFFFFFFFF", 18446744073709551615n],
  ["i64", "-9223372036854775808", -9223372036854775808n],
  ["i64", "9223372036854775807", 9223372036854775807n],
  ["u64", "9007199254740993", 9007199254740993n],
] as const;

const FLOATING = [
  ["float", "-1.5", -1.5],
  ["float", "+.1e+1", 1],
  ["float", "1e-50", 0],
  ["float", "-inf", -Infinity],
  ["double", "0.1", 0.1],
  ["double", "inf", Infinity],
] as const;

testAccepted("values of all encodings", [
  ...NUMBERS.map(([type, cell, value]): Accepted => ({
    name: `${type} "${cell}"`,
    conf: confOf(type),
    values: `k,x\n${cell},y\n`,
    items: [{ namespace: "n", key: "k", type, value }],
  })),
  ...FLOATING.map(([type, cell, value]): Accepted => ({
    name: `${type} "${cell}"`,
    conf: confOf(`${type},REPEAT`),
    values: `k,x\n${cell},\n,\n`,
    items: [{ namespace: "n", key: "k", type, value }],
  })),
  ...([
    ["hex2bin", "00ffAB", blob(0x00, 0xFF, 0xAB)],
    ["hex2bin", " 01 ", blob(1)],
    ["hex2bin", "", blob()],
    ["base64", "AAEC/w==", blob(0, 1, 2, 255)],
    ["base64", "AAEC /w==", blob(0, 1, 2, 255)],
    ["base64", "", blob()],
    ["binary", "aé", blob(0x61, 0xC3, 0xA9)],
    ["blob_fill(4;0xFF)", "ab", blob(0x61, 0x62, 0xFF, 0xFF)],
    ["blob_fill(2;0x00)", "ab", blob(0x61, 0x62)],
    ["blob_fill(3;0xa5)", "", blob(0xA5, 0xA5, 0xA5)],
    ["blob_sz_fill(4;0xFF)", "ab", blob(2, 0, 0, 0, 0x61, 0x62, 0xFF, 0xFF)],
    ["blob_sz_fill(3;0x00)", "", blob(0, 0, 0, 0, 0, 0, 0)],
  ] as const).map(([encoding, cell, item]): Accepted => ({
    name: `${encoding} "${cell}"`,
    conf: confOf(encoding),
    values: `k,x\n${cell},y\n`,
    items: [item],
  })),
  ...([
    ["binary", "\0\xFFa", blob(0, 0xFF, 0x61)],
    ["string", "l1\r\nl2", text("l1\r\nl2")],
    ["hex2bin", "0a0B\n", blob(0x0A, 0x0B)],
    ["base64", "AAEC\r\n/w==\r\n", blob(0, 1, 2, 255)],
    ["blob_fill(4;0xEE)", "\0\x01", blob(0, 1, 0xEE, 0xEE)],
    ["binary", "", blob()],
  ] as const).map(([encoding, content, item]): Accepted => ({
    name: `a file, ${encoding} ${JSON.stringify(content)}`,
    conf: confOf(encoding, "file"),
    values: "k\nd/f.dat\n",
    files: { "d/f.dat": latin1(content) },
    items: [item],
  })),
  {
    name: "a file's BOM is part of a string",
    conf: confOf("string", "file"),
    values: "k\nf.txt\n",
    files: { "f.txt": "\uFEFFx" },
    items: [text("\uFEFFx")],
  },
  {
    name: "a string of 4000 bytes with its NUL",
    conf: confOf("string"),
    values: `k\n${"x".repeat(3999)}\n`,
    items: [text("x".repeat(3999))],
  },
  {
    name: "a version 1 blob of 1984 bytes",
    conf: confOf("hex2bin"),
    values: `k\n${"00".repeat(1984)}\n`,
    options: ["--version", "1"],
    items: [blob(...new Uint8Array(1984))],
  },
]);
