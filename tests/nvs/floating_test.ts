/** Floating-point values as texts and as bytes, against exact arithmetic and against DataView. */

import { assert, assertEquals } from "@std/assert";
import { decodePartition } from "../../src/nvs/decode.ts";
import { floatingText, nearestOfText } from "../../src/nvs/floating.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import type { FloatingType } from "../../src/nvs/value.ts";
import { seededRandom } from "../helpers.ts";
import { assertLinear, TIMES } from "../linear_time.ts";

const WIDTH = { float: 4, double: 8 } as const;

/** The bits of a value in hexadecimal, highest first. */
function bitsOf(type: FloatingType, value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  if (type === "float") view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return new Uint8Array(view.buffer, 0, WIDTH[type]).toHex();
}

function valueOfBits(type: FloatingType, bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, type === "float" ? bits << 32n : bits);
  return type === "float" ? view.getFloat32(0) : view.getFloat64(0);
}

/** Text, its bits, and the text that is written for it. */
const KNOWN: readonly [type: FloatingType, text: string, bits: string, written?: string][] = [
  ["float", "0", "00000000"],
  ["float", "-0", "80000000"],
  ["float", "-0.000e5", "80000000", "-0"],
  ["float", "0e999999999999", "00000000", "0"],
  ["float", "1", "3f800000"],
  ["float", "+1.50", "3fc00000", "1.5"],
  ["float", ".5", "3f000000", "0.5"],
  ["float", "5.", "40a00000", "5"],
  ["float", "-2E+2", "c3480000", "-200"],
  ["float", "0.1", "3dcccccd"],
  ["float", "16777216", "4b800000"],
  ["float", "16777217", "4b800000", "16777216"],
  ["float", "16777219", "4b800002", "16777220"],
  // The smallest subnormal and half of it, with a little more or less.
  ["float", "1e-45", "00000001"],
  ["float", "1.401298464324817e-45", "00000001", "1e-45"],
  ["float", "7.00649232162408535e-46", "00000000", "0"],
  ["float", "7.006492321624086e-46", "00000001", "1e-45"],
  ["float", "1e-50", "00000000", "0"],
  ["float", "-1e-400", "80000000", "-0"],
  ["float", "1.1754942e-38", "007fffff"],
  ["float", "1.1754944e-38", "00800000"],
  // The largest, and what is rounded to it.
  ["float", "3.4028235e+38", "7f7fffff"],
  ["float", "3.4028234663852886e+38", "7f7fffff", "3.4028235e+38"],
  ["float", "340282356779733661637539395458142568447", "7f7fffff", "3.4028235e+38"],
  ["float", "340282356779733661637539395458142568448", "7f800000", "inf"],
  ["float", "-340282356779733661637539395458142568447.9999", "ff7fffff", "-3.4028235e+38"],
  ["float", "1e39", "7f800000", "inf"],
  ["float", "1e999999999999", "7f800000", "inf"],
  // Exactly between two floats: the even one. A last digit that a double does not see decides.
  ["float", "1.000000059604644775390625", "3f800000", "1"],
  ["float", "1.00000005960464477539062500000000001", "3f800001", "1.0000001"],
  ["float", "1.00000005960464477539062499999999999", "3f800000", "1"],
  ["float", "1.000000178813934326171875", "3f800002", "1.0000002"],
  ["float", "1.00000017881393432617187499999999999", "3f800001", "1.0000001"],
  ["float", "0001000000178.813934326171874999999999999e-9", "3f800001", "1.0000001"],
  [
    "float",
    `-0.${"0".repeat(400)}1000000178813934326171874999999999999e401`,
    "bf800001",
    "-1.0000001",
  ],
  ["float", "8589935104.0000000000001", "50000001", "8589936000"],
  // Powers of two, of which a nearest decimal with as few digits is not theirs.
  ["float", "1.2621775e-29", "0f800000"],
  ["float", "1.2379401e+27", "6c800000"],
  ["double", "0", "0000000000000000"],
  ["double", "-0", "8000000000000000"],
  ["double", "0.1", "3fb999999999999a"],
  ["double", "5e-324", "0000000000000001"],
  ["double", "2e-324", "0000000000000000", "0"],
  ["double", "2.2250738585072014e-308", "0010000000000000"],
  ["double", "1.7976931348623157e+308", "7fefffffffffffff"],
  ["double", "1.797693134862315807e308", "7fefffffffffffff", "1.7976931348623157e+308"],
  ["double", "1.797693134862315808e308", "7ff0000000000000", "inf"],
  ["double", "1.00000000000000011102230246251565404", "3ff0000000000000", "1"],
  ["double", "1.00000000000000011102230246251565405", "3ff0000000000001", "1.0000000000000002"],
  ["double", "9007199254740993", "4340000000000000", "9007199254740992"],
];

for (const [type, text, bits, written = text] of KNOWN) {
  const shown = text.length > 60 ? `${text.slice(0, 20)}… (${text.length})` : text;
  Deno.test(`${type} ${shown} is ${bits}`, () => {
    const value = nearestOfText(text, type);
    assert(value !== undefined);
    assertEquals(bitsOf(type, value), bits);
    assertEquals(floatingText(type, value), written);
  });
}

Deno.test("texts that are no decimal number have no value", () => {
  const texts = [
    "",
    " ",
    ".",
    "-",
    "+.",
    "e5",
    "1e",
    "1e+",
    "1.2.3",
    "1,5",
    "0x10",
    "1_000",
    "--1",
  ];
  texts.push("inf", "Infinity", "nan", "1f", "1 2", " 1", "1\n", "١", "−1", "½");
  for (const text of texts) assertEquals(nearestOfText(text, "double"), undefined, text);
});

Deno.test("values that are no finite number have texts of their own", () => {
  for (const type of ["float", "double"] as const) {
    const texts = [Infinity, -Infinity, NaN].map((value) => floatingText(type, value));
    assertEquals(texts, ["inf", "-inf", "nan"]);
  }
});

/** The middle of a positive float and the next one, exactly, as digits that are followed by e-150. */
function middleDigits(bits: bigint): bigint {
  const [low, high] = [valueOfBits("float", bits), valueOfBits("float", bits + 1n)];
  const middle = (low + (Number.isFinite(high) ? high : 2 ** 128)) / 2;
  return BigInt(middle * 2 ** 150) * 5n ** 150n;
}

Deno.test("around the middle of any two floats, each text means the nearer one", () => {
  const random = seededRandom(5);
  let differentByDouble = 0;
  for (let round = 0; round < 5000; round++) {
    const bits = BigInt(Math.floor(random() * 0x7F80_0000));
    const [low, high] = [valueOfBits("float", bits), valueOfBits("float", bits + 1n)];
    const digits = middleDigits(bits);
    const cases: [string, number][] = [
      [`${digits}e-150`, bits % 2n === 0n ? low : high],
      [`${digits}.001e-150`, high],
      [`${digits - 1n}.999e-150`, low],
    ];
    for (const [text, expected] of cases) {
      assertEquals(nearestOfText(text, "float"), expected, text);
      assertEquals(nearestOfText(`-${text}`, "float"), -expected, text);
      if (Math.fround(Number(text)) !== expected) differentByDouble++;
    }
  }
  assert(differentByDouble > 4000, `${differentByDouble} are wrong if rounded twice`);
});

Deno.test("each value has the shortest text that means it", () => {
  const random = seededRandom(6);
  const digitsOf = (text: string) =>
    text.replace(/e.*|[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;
  const check = (bits: bigint) => {
    const value = valueOfBits("float", bits);
    const text = floatingText("float", value);
    assertEquals(nearestOfText(text, "float"), value, text);
    const fewer = digitsOf(text) - 1;
    if (fewer < 1) return;
    const [mantissa, exponent] = value.toExponential(fewer - 1).split("e");
    const digits = Number(mantissa!.replace(".", ""));
    for (const near of [digits - 1, digits, digits + 1]) {
      const shorter = `${near}e${Number(exponent) - (fewer - 1)}`;
      assert(nearestOfText(shorter, "float") !== value, `${shorter} is shorter than ${text}`);
    }
  };
  for (let exponent = 0n; exponent < 255n; exponent++) check(exponent << 23n);
  for (let round = 0; round < 5000; round++) check(BigInt(Math.floor(random() * 0x7F80_0000)));
});

for (const type of ["float", "double"] as const) {
  Deno.test(`any ${type} comes back from an image, and from its text`, () => {
    const random = seededRandom(7);
    const word = () => BigInt(Math.floor(random() * 2 ** 32));
    const values = Array.from({ length: 2000 }, () => {
      const bits = type === "float" ? word() : word() << 32n | word();
      const value = valueOfBits(type, bits);
      return Number.isNaN(value) ? 0 : value;
    });
    const items = values.map((value, at) => ({ namespace: "n", key: `k${at}`, type, value }));
    const image = encodePartition(items, { sizeBytes: 0x20000 });
    const { entries, findings } = decodePartition(image);
    assertEquals(findings, []);
    assertEquals(entries.map(({ value }) => value), values);
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      assertEquals(nearestOfText(floatingText(type, value), type), value);
    }
  });
}

Deno.test("a number of a million digits is read as fast as others", async () => {
  const texts = [1_000_000 / TIMES, 1_000_000].map((count) => "0".repeat(count));
  await assertLinear((which) => {
    const zeros = texts[which]!;
    assertEquals(nearestOfText(`1.000000059604644775390625${zeros}`, "float"), 1);
    assertEquals(nearestOfText(`1.000000059604644775390625${zeros}1`, "float"), 1 + 2 ** -23);
    assertEquals(nearestOfText(`0.${zeros}1`, "float"), 0);
    assertEquals(nearestOfText(`1${zeros}`, "float"), Infinity);
    assertEquals(nearestOfText(`1${zeros}x`, "float"), undefined);
  });
});
