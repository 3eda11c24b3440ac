/** The encoder against a reader that shares no code with it. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  encodePartition,
  type FormatVersion,
  type IntegerType,
  type Item,
  ItemSizeError,
  type KeyItem,
  PartitionFullError,
  type PartitionOptions,
} from "../../mod.ts";
import { INTEGER_RANGE } from "../../src/nvs/value.ts";
import { spanOf } from "../../src/nvs/placement.ts";
import { seededRandom } from "../helpers.ts";
import { readImage, type ReadItem } from "./mini_reader.ts";

const SIZE = { sizeBytes: 0x100000 };

const TYPE_CODE: Record<Exclude<Item["type"], "namespace" | "blob">, number> = {
  u8: 0x01,
  i8: 0x11,
  u16: 0x02,
  i16: 0x12,
  u32: 0x04,
  i32: 0x14,
  u64: 0x08,
  i64: 0x18,
  float: 0x24,
  double: 0x28,
  string: 0x21,
};

/** What the reader has to find for the items given. */
function expectedOf(items: readonly Item[], formatVersion: FormatVersion): ReadItem[] {
  return items.flatMap((item): ReadItem[] => {
    const { namespace } = item;
    if (item.type === "namespace") return [];
    const { key } = item;
    if (item.type === "blob") {
      return [{ namespace, key, type: formatVersion === 1 ? 0x41 : 0x48, value: item.value }];
    }
    const { type } = item;
    return [{ namespace, key, type: TYPE_CODE[type], value: expectedValue(item) }];
  });
}

function expectedValue({ type, value }: KeyItem): ReadItem["value"] {
  switch (type) {
    case "string":
    case "blob":
    case "double":
      return value;
    case "float":
      return Math.fround(value);
    default:
      return BigInt(value);
  }
}

function assertRoundTrip(items: readonly Item[], options: PartitionOptions): void {
  const { formatVersion = 2 } = options;
  const image = encodePartition(items, options);
  assertEquals(image.length, options.sizeBytes);
  const read = readImage(image);
  assertEquals(read.items, expectedOf(items, formatVersion));
  assertEquals(read.namespaces, [...new Set(items.map(({ namespace }) => namespace))]);
  for (const [pageIndex, { state, version }] of read.pages.entries()) {
    const isLast = pageIndex === read.pages.length - 1;
    assertEquals(state, isLast ? 0xFFFFFFFE : 0xFFFFFFFC, `state of page ${pageIndex}`);
    assertEquals(version, formatVersion === 1 ? 0xFF : 0xFE);
  }
  const reserved = image.subarray(-4096);
  assert(reserved.every((byte) => byte === 0xFF), "the last page is not free");
}

for (
  const [sizeBytes, span] of [
    [0, 1],
    [1, 2],
    [31, 2],
    [32, 2],
    [33, 3],
    [3968, 125],
    [3969, 126],
    [4000, 126],
  ] as const
) {
  Deno.test(`spanOf() is ${span} for ${sizeBytes} bytes`, () => {
    assertEquals(spanOf(sizeBytes), span);
  });
}

const ALPHABET = ["a", "B", "7", " ", "é", "語", "🙂", "\n", "\u0001"];
const INTEGER_TYPES = Object.keys(INTEGER_RANGE) as IntegerType[];

/** Random items whose sizes like the neighbourhood of entries and pages. */
function randomItems(random: () => number, count: number, maxBytes: number): Item[] {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const upTo = (limit: number) => Math.floor(random() * (limit + 1));
  const sizeOf = () => {
    const near = pick([0, 32, 64, 1984, 3936, 3968, 4000, 8000]) + upTo(4) - 2;
    const size = random() < 0.4 ? near : random() < 0.8 ? upTo(100) : upTo(maxBytes);
    return Math.min(Math.max(size, 0), maxBytes);
  };
  return Array.from({ length: count }, (_, index): Item => {
    const namespace = `ns${upTo(5)}`;
    const key = `k${index}`;
    const kind = random();
    if (kind < 0.05) return { namespace, type: "namespace" };
    if (kind < 0.55) {
      const type = pick(INTEGER_TYPES);
      const { min, max } = INTEGER_RANGE[type];
      const within = min + BigInt(Math.floor(random() * 2 ** 32)) * (max - min) / 2n ** 32n;
      return { namespace, key, type, value: pick([min, max, 0n, within]) };
    }
    if (kind < 0.65) {
      const value = pick([0, -0, 1, -1, Infinity, -Infinity]) * 10 ** (random() * 70 - 35);
      if (!Number.isNaN(value)) return { namespace, key, type: pick(["float", "double"]), value };
    }
    if (kind < 0.75) {
      let value = "";
      const limit = Math.min(sizeOf(), 1983, maxBytes - 1);
      while (new TextEncoder().encode(value).length < limit - 4) value += pick(ALPHABET);
      return { namespace, key, type: "string", value };
    }
    const value = Uint8Array.from({ length: sizeOf() }, () => upTo(255));
    return { namespace, key, type: "blob", value };
  });
}

for (const formatVersion of [1, 2] as const) {
  Deno.test(`random items over many pages read back equal, version ${formatVersion}`, () => {
    const maxBytes = formatVersion === 1 ? 1984 : 20000;
    for (let seed = 1; seed <= 60; seed++) {
      const items = randomItems(seededRandom(seed), 40 + seed * 2, maxBytes);
      try {
        assertRoundTrip(items, { ...SIZE, formatVersion });
      } catch (error) {
        throw new Error(`With seed ${seed}`, { cause: error });
      }
    }
  });
}

Deno.test("a blob at each entry of a page, with sizes around the page's end, reads back", () => {
  for (let before = 118; before <= 126; before++) {
    for (const sizeBytes of [0, 1, 31, 32, 33, 63, 64, 65, 3968, 3969, 4000, 4001, 8000, 8001]) {
      const items: Item[] = Array.from({ length: before }, (_, index) => ({
        namespace: "n",
        key: `k${index}`,
        type: "u8",
        value: index,
      }));
      items.push({ namespace: "n", key: "blob", type: "blob", value: new Uint8Array(sizeBytes) });
      items.push({ namespace: "n", key: "after", type: "u16", value: 7 });
      assertRoundTrip(items, { sizeBytes: 0x8000 });
    }
  }
});

Deno.test("integers of each type at both ends read back", () => {
  const items = INTEGER_TYPES.flatMap((type): Item[] => {
    const { min, max } = INTEGER_RANGE[type];
    return [min, max, 0n, 1n].map((value, index) => ({
      namespace: "n",
      key: `${type}${index}`,
      type,
      value,
    }));
  });
  assertRoundTrip(items, { sizeBytes: 0x3000 });
  const { items: read } = readImage(encodePartition(items, { sizeBytes: 0x3000 }));
  const valueOf = (key: string) => read.find((item) => item.key === key)?.value;
  assertEquals(valueOf("u641"), 18446744073709551615n);
  assertEquals(valueOf("i640"), -9223372036854775808n);
  assertEquals(valueOf("i641"), 9223372036854775807n);
});

for (
  const [type, value] of INTEGER_TYPES.flatMap((type) =>
    [
      [type, INTEGER_RANGE[type].min - 1n],
      [type, INTEGER_RANGE[type].max + 1n],
    ] as const
  )
) {
  Deno.test(`${type} does not take ${value}`, () => {
    assertThrows(
      () => encodePartition([{ namespace: "n", key: "k", type, value }], SIZE),
      RangeError,
      `Cannot encode key "k" of namespace "n": ${value} does not fit ${type}`,
    );
  });
}

/** A string that takes `sizeBytes` with its NUL. */
function stringOf(sizeBytes: number): Item {
  return { namespace: "n", key: "s", type: "string", value: "x".repeat(sizeBytes - 1) };
}

function blobOf(sizeBytes: number): Item {
  const value = new Uint8Array(sizeBytes).map((_, index) => index % 251);
  return { namespace: "n", key: "b", type: "blob", value };
}

for (
  const [version, item, sizes, tooLarge] of [
    [2, stringOf, [1, 2, 1984, 1985, 3967, 3968, 3969, 4000], 4001],
    [1, stringOf, [1, 2, 1984], 1985],
    [2, blobOf, [0, 1, 31, 32, 33, 3967, 3968, 4000, 4001, 8000, 507999, 508000], 508001],
    [1, blobOf, [0, 1, 31, 32, 33, 1984], 1985],
  ] as const
) {
  const kind = item(4).type;
  for (const sizeBytes of sizes) {
    Deno.test(`a ${kind} of ${sizeBytes} bytes reads back, version ${version}`, () => {
      const tail: Item = { namespace: "n", key: "tail", type: "u8", value: 1 };
      assertRoundTrip([item(sizeBytes), tail], { ...SIZE, formatVersion: version });
      assertRoundTrip([tail, item(sizeBytes)], { ...SIZE, formatVersion: version });
    });
  }
  Deno.test(`a ${kind} of ${tooLarge} bytes is refused, version ${version}`, () => {
    const error = assertThrows(
      () => encodePartition([item(tooLarge)], { ...SIZE, formatVersion: version }),
      ItemSizeError,
      `${tooLarge} bytes`,
    );
    assertEquals(error.item, item(tooLarge));
  });
}

function namespacesOf(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `n${index + 1}`,
    key: "k",
    type: "u8",
    value: index % 256,
  }));
}

Deno.test("254 namespaces read back, 255 are refused", () => {
  assertRoundTrip(namespacesOf(254), { sizeBytes: 0x8000 });
  const error = assertThrows(
    () => encodePartition(namespacesOf(255), { sizeBytes: 0x8000 }),
    ItemSizeError,
    'namespace "n255" is number 255; a partition holds at most 254',
  );
  assertEquals(error.item, namespacesOf(255)[254]);
});

for (
  const [name, item, message] of [
    ["an empty key", { key: "" }, "is empty"],
    ["a key of 16 bytes", { key: "0123456789abcdef" }, "is 16 bytes long"],
    ["a key of 15 characters and 16 bytes", { key: "0123456789abcdé" }, "(15 characters)"],
    ["an empty namespace", { namespace: "" }, 'namespace "": it is empty'],
    ["a namespace of 16 bytes", { namespace: "0123456789abcdef" }, "is 16 bytes long"],
    ["a fraction", { value: 1.5 }, "1.5 is not a safe integer"],
    ["a number beyond 2^53", { value: 2 ** 53 }, "is not a safe integer"],
    ["no number", { value: NaN }, "NaN is not a safe integer"],
    ["a float that is no number", { type: "float", value: NaN }, "no device takes NaN"],
    ["a double that is no number", { type: "double", value: NaN }, "no device takes NaN"],
    ["half a character", { type: "string", value: "a\ud83d" }, "half a character"],
  ] as const
) {
  Deno.test(`${name} is refused`, () => {
    const whole: Item = { namespace: "n", key: "k", type: "u64", value: 1, ...item };
    assertThrows(() => encodePartition([whole], SIZE), TypeError, message);
  });
}

Deno.test("a key twice in a namespace, and a NUL in a string, are refused", () => {
  const item: Item = { namespace: "n", key: "k", type: "u8", value: 1 };
  const other: Item = { namespace: "m", key: "k", type: "u8", value: 1 };
  assertThrows(() => encodePartition([item, other, item], SIZE), TypeError, "it occurs twice");
  assertThrows(
    () => encodePartition([{ namespace: "n", key: "k", type: "string", value: "a\0" }], SIZE),
    TypeError,
    "the string holds a NUL",
  );
});

for (const sizeBytes of [0, -4096, 4095, 4097, 12288.5, NaN, Infinity]) {
  Deno.test(`a size of ${sizeBytes} is refused`, () => {
    assertThrows(() => encodePartition([], { sizeBytes }), RangeError, "multiple of 4096");
  });
}

for (
  const [dataSize, sizeBytes, neededBytes] of [
    [8000, 0x3000, 0x4000],
    [12000, 0x3000, 0x5000],
    [4000, 0x1000, 0x2000],
    [8000, 0x1000, 0x4000],
    [8000, 0x2000, 0x4000],
  ] as const
) {
  Deno.test(`${dataSize} bytes need ${neededBytes}, not ${sizeBytes}`, () => {
    const error = assertThrows(
      () => encodePartition([blobOf(dataSize)], { sizeBytes }),
      PartitionFullError,
      `needs 0x${neededBytes.toString(16)}, has 0x${sizeBytes.toString(16)}`,
    );
    assertEquals([error.neededBytes, error.sizeBytes], [neededBytes, sizeBytes]);
    if (neededBytes >= 0x3000) assertRoundTrip([blobOf(dataSize)], { sizeBytes: neededBytes });
  });
}

/** What a program without types may give. */
const WRONG_VALUES: [type: string, values: unknown[]][] = [
  ["u8", [undefined, null, "7", true, {}]],
  ["u64", [undefined, "7"]],
  ["float", ["1.5", 1n, undefined]],
  ["double", [undefined, "1.5"]],
  ["string", [5, undefined, ["a"]]],
  ["blob", [new Uint16Array([256]), [1, 2], new ArrayBuffer(4), "abc", undefined]],
  ["u128", [1]],
];

Deno.test("a value that is none of its type is a TypeError", () => {
  for (const [type, values] of WRONG_VALUES) {
    for (const value of values) {
      const item = { namespace: "a", key: "k", type, value } as unknown as Item;
      assertThrows(
        () => encodePartition([item], { sizeBytes: 0x3000 }),
        TypeError,
        `Cannot encode key "k" of namespace "a": the value is none of type "${type}"`,
      );
    }
  }
});

Deno.test("a format version that is none is a RangeError", () => {
  for (const formatVersion of [0, 3, "1", "2", NaN] as (1 | 2)[]) {
    assertThrows(
      () => encodePartition([], { sizeBytes: 0x3000, formatVersion }),
      RangeError,
      "Cannot use format version",
    );
  }
});

Deno.test("half a character in a name is a TypeError", () => {
  for (const [namespace, key] of [["\ud800", "k"], ["a", "\udc00b"]] as const) {
    const item = { namespace, key, type: "u8", value: 1 } as const;
    assertThrows(() => encodePartition([item], { sizeBytes: 0x3000 }), TypeError, "half a char");
  }
});
