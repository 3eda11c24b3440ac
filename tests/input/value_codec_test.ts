import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Encoding, encodingFault, parseEncoding } from "../../src/input/encoding.ts";
import { itemOfBytes, itemOfText, ValueError } from "../../src/input/value_codec.ts";
import type { KeyItem } from "../../src/nvs/item.ts";
import { INTEGER_RANGE, type IntegerType } from "../../src/nvs/value.ts";

const KEY = { namespace: "n", key: "k" };

/** An item without its key; small integers may come as numbers, which are as good. */
function valueOf({ type, value }: KeyItem): { type: string; value: unknown } {
  return { type, value: typeof value === "number" ? BigInt(value) : value };
}

function valueOfText(text: string, encoding: Encoding) {
  return valueOf(itemOfText(KEY, encoding, text));
}

function valueOfBytes(bytes: Uint8Array, encoding: Encoding) {
  return valueOf(itemOfBytes(KEY, encoding, bytes));
}

function encoding(text: string): Encoding {
  const parsed = parseEncoding(text);
  assert(parsed !== undefined, text);
  return parsed;
}

for (
  const [text, expected] of [
    ["u8", { kind: "integer", type: "u8" }],
    ["i16", { kind: "integer", type: "i16" }],
    ["i64", { kind: "integer", type: "i64" }],
    ["float", { kind: "floating", type: "float" }],
    ["double", { kind: "floating", type: "double" }],
    ["string", { kind: "string" }],
    ["hex2bin", { kind: "hex2bin" }],
    ["base64", { kind: "base64" }],
    ["binary", { kind: "binary" }],
    ["blob_fill(16;0xFF)", { kind: "fill", sized: false, sizeBytes: 16, padding: 255 }],
    ["blob_sz_fill(0;0x0a)", { kind: "fill", sized: true, sizeBytes: 0, padding: 10 }],
  ] as const
) {
  Deno.test(`the encoding ${text}`, () => assertEquals(parseEncoding(text), expected as Encoding));
}

for (
  const [text, part] of [
    ["U8", 'write "u8"'],
    [" String ", 'write "string"'],
    ["Blob_Fill(4;0xff)", 'write "blob_fill(4;0xff)"'],
    ["blob_fill(4;255)", "blob_fill(16;0xFF)"],
    ["blob_fill(-1;0x00)", "blob_fill(16;0xFF)"],
    ["float32", "write one of u8, i8"],
    ["Float", 'write "float"'],
    ["u7", "i64, float, double, string"],
    ["u128", "hex2bin"],
    ["", 'encoding "" is unknown'],
    ["toString", 'encoding "toString" is unknown'],
    ["__proto__", 'encoding "__proto__" is unknown'],
  ] as const
) {
  Deno.test(`the encoding "${text}" is unknown, and what would be right is said`, () => {
    assertEquals(parseEncoding(text), undefined);
    assert(encodingFault(text).includes(part), encodingFault(text));
  });
}

for (const type of Object.keys(INTEGER_RANGE) as IntegerType[]) {
  Deno.test(`${type}: both ends fit, the next values do not, decimal and hex`, () => {
    const { min, max } = INTEGER_RANGE[type];
    const parse = (text: string) => valueOfText(text, { kind: "integer", type });
    const hex = (value: bigint) =>
      value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
    for (const value of [min, max, 0n]) {
      assertEquals(parse(String(value)), { type, value });
      assertEquals(parse(hex(value)), { type, value });
      assertEquals(parse(` ${value}\n`), { type, value });
    }
    for (const value of [min - 1n, max + 1n]) {
      for (const text of [String(value), hex(value)]) {
        assertThrows(() => parse(text), ValueError, `${value} does not fit ${type}`);
      }
    }
  });
}

for (
  const text of ["", " ", "1.0", "1e3", "0x", "0X", "0b", "0o9", "1 2", "_1", "1__0", "+-1", "½"]
) {
  Deno.test(`"${text}" is no u32`, () => {
    const error = assertThrows(() => valueOfText(text, encoding("u32")), ValueError);
    assert(error.message.includes("a u32 takes 0 to 4294967295"), error.message);
  });
}

for (
  const [name, text, value] of [
    ["float", "-1.5e2", -150],
    ["float", " 0.1\n", Math.fround(0.1)],
    ["float", "1.00000005960464477539062500000000001", 1 + 2 ** -23],
    ["float", "1e-50", 0],
    ["float", "-0", -0],
    ["float", "inf", Infinity],
    ["double", "0.1", 0.1],
    ["double", "+inf", Infinity],
    ["double", " -inf ", -Infinity],
  ] as const
) {
  Deno.test(`${name} ${JSON.stringify(text)} is ${value}`, () => {
    assertEquals(itemOfText(KEY, encoding(name), text), { ...KEY, type: name, value });
  });
}

for (
  const [name, text, message] of [
    ["float", "", "has no value; a float takes a decimal number such as -1.5, 2e-3 or inf"],
    ["double", "  ", "has no value; a double takes a decimal number"],
    ["float", "NaN", "is NaN, which a device refuses to store"],
    ["double", "-nan", "is NaN, which a device refuses to store"],
    ["float", "1,5", '"1,5" has a comma; write "." before decimals'],
    ["float", "1.234,5e3", "has a comma"],
    ["float", "1,234.5", "has a comma"],
    ["float", "0x10", '"0x10" is not a decimal number; a float takes one such as -1.5'],
    ["float", "1_000.5", "is not a decimal number"],
    ["float", "1.5f", "is not a decimal number"],
    ["float", "Infinity", "or inf"],
    ["float", "INF", "or inf"],
    ["float", "constructor", "is not a decimal number"],
    ["float", "3.5e38", '"3.5e38" does not fit float; the largest is 3.4028235e+38'],
    ["float", "-340282356779733661637539395458142568448", "does not fit float"],
    ["double", "-1e309", '"-1e309" does not fit double; the largest is 1.7976931348623157e+308'],
  ] as const
) {
  Deno.test(`${name} ${JSON.stringify(text)} is refused`, () => {
    assertThrows(() => itemOfText(KEY, encoding(name), text), ValueError, message);
  });
}

for (
  const [name, text, bytes] of [
    ["hex2bin", "", []],
    ["hex2bin", "00fFaB", [0, 255, 0xAB]],
    ["hex2bin", " 01\n", [1]],
    ["base64", "", []],
    ["base64", "AA==", [0]],
    ["base64", "AAA=", [0, 0]],
    ["base64", "+/+/", [0xFB, 0xFF, 0xBF]],
    ["base64", "AA ==\r\n", [0]],
    ["base64", "AB==", [0]], // bits beyond the last byte are dropped, as Python does
    ["binary", "", []],
    ["binary", "é\0", [0xC3, 0xA9, 0]],
    ["blob_fill(2;0x7F)", "", [0x7F, 0x7F]],
    ["blob_fill(2;0x7F)", "é", [0xC3, 0xA9]],
    ["blob_sz_fill(2;0x7F)", "a", [1, 0, 0, 0, 0x61, 0x7F]],
  ] as const
) {
  Deno.test(`${name} ${JSON.stringify(text)} is a blob`, () => {
    const value = Uint8Array.from(bytes);
    assertEquals(valueOfText(text, encoding(name)), { type: "blob", value });
  });
}

for (
  const [name, text, message] of [
    ["hex2bin", "abc", "has 3 hex digits, an odd number"],
    ["hex2bin", "0x12", 'without "0x" in front'],
    ["hex2bin", "1 2", "character 2 is not a hex digit"],
    ["base64", "A", "has 1 base64 characters"],
    ["base64", "AAAAA", "has 5 base64 characters"],
    ["base64", "A===", "character 2 is not base64"],
    ["base64", "=AAA", "character 1 is not base64"],
    ["base64", "A-==", 'write "+" and "/"'],
    ["string", "a\0", "holds a NUL at character 2"],
    ["blob_fill(1;0x00)", "é", "has 2 bytes; the encoding leaves room for 1"],
    ["blob_sz_fill(1;0x00)", "ab", "has 2 bytes; the encoding leaves room for 1"],
  ] as const
) {
  Deno.test(`${name} ${JSON.stringify(text)} is refused`, () => {
    assertThrows(() => valueOfText(text, encoding(name)), ValueError, message);
  });
}

Deno.test("texts of strings and blobs are in no message", () => {
  for (
    const [name, text] of [
      ["string", "topsecret\0"],
      ["hex2bin", "topsecret"],
      ["base64", "topsecret!"],
      ["blob_fill(1;0x00)", "topsecret"],
    ] as const
  ) {
    const error = assertThrows(() => valueOfText(text, encoding(name)), ValueError);
    assert(!error.message.includes("secret"), error.message);
  }
});

Deno.test("a file's bytes: as they are for binary, as text for the others, never a number", () => {
  const bytes = Uint8Array.of(0xFF, 0, 0x0A);
  assertEquals(valueOfBytes(bytes, encoding("binary")), { type: "blob", value: bytes });
  assertEquals(valueOfBytes(bytes, encoding("blob_fill(4;0x01)")), {
    type: "blob",
    value: Uint8Array.of(0xFF, 0, 0x0A, 1),
  });
  for (const name of ["string", "hex2bin", "base64"]) {
    assertThrows(() => valueOfBytes(bytes, encoding(name)), ValueError, "is not UTF-8 text");
  }
  for (const name of ["u8", "float", "double"]) {
    assertThrows(() => valueOfBytes(Uint8Array.of(0x31), encoding(name)), ValueError, "use data");
  }
  const text = new TextEncoder().encode("\uFEFFl1\r\nl2\n");
  assertEquals(valueOfBytes(text, encoding("string")), {
    type: "string",
    value: "\uFEFFl1\r\nl2\n",
  });
});
