/**
 * One test for each quirk that the packing has in common with Espressif's
 * generator, by the names of SPEC.md; the vectors hold the same at the level
 * of the program (`wifi-companions` there only: `wifi-station`, `wifi-ap`).
 */

import { assert, assertEquals } from "@std/assert";
import { encodePartition, type FormatVersion, type Item } from "../../mod.ts";
import { readImage } from "./mini_reader.ts";

const ACTIVE = 0xFFFFFFFE;
const FULL = 0xFFFFFFFC;

/** `count` entries of one each, the namespace's included, so that the next item begins there. */
function entries(count: number): Item[] {
  return Array.from({ length: count - 1 }, (_, index) => ({
    namespace: "n",
    key: `k${index}`,
    type: "u8",
    value: 1,
  }));
}

function blob(sizeBytes: number): Item {
  return { namespace: "n", key: "blob", type: "blob", value: new Uint8Array(sizeBytes) };
}

function text(sizeBytes: number): Item {
  return { namespace: "n", key: "text", type: "string", value: "x".repeat(sizeBytes - 1) };
}

/** (page, entry, span) of each header of more than the leading numbers. */
function placesOf(items: Item[], formatVersion: FormatVersion = 2, sizeBytes = 0x8000) {
  const { pages } = readImage(encodePartition(items, { sizeBytes, formatVersion }));
  return pages.flatMap(({ headers }, page) =>
    headers
      .filter(([, , type]) => type !== 0x01)
      .map(([entry, span, type]) => [page, entry, span, type])
  );
}

for (
  const [before, place] of [
    [123, [0, 123, 2]], // ends at entry 124, one is left
    [124, [1, 0, 2]], // would end exactly at the page's end
    [125, [1, 0, 2]],
    [126, [1, 0, 2]],
  ] as const
) {
  Deno.test(`exact-end-moves: a string behind ${before} entries`, () => {
    assertEquals(placesOf([...entries(before), text(20)]), [[...place, 0x21]]);
  });
  Deno.test(`exact-end-moves: a version 1 blob behind ${before} entries`, () => {
    assertEquals(placesOf([...entries(before), blob(20)], 1), [[...place, 0x41]]);
  });
}

Deno.test("exact-end-moves: on a fresh page a string may end exactly at the page's end", () => {
  assertEquals(placesOf([...entries(2), text(3969)]), [[1, 0, 126, 0x21]]);
  assertEquals(placesOf([...entries(2), text(4000)]), [[1, 0, 126, 0x21]]);
  assertEquals(placesOf([...entries(2), text(3968)]), [[1, 0, 125, 0x21]]);
  // Nothing precedes it but its namespace, which has a page of its own then.
  assertEquals(placesOf([text(4000)]), [[1, 0, 126, 0x21]]);
});

Deno.test("split-anywhere: a version 2 blob fills what is left of the page", () => {
  assertEquals(placesOf([...entries(100), blob(1000)]), [
    [0, 100, 26, 0x42], // 25 entries of 32 bytes
    [1, 0, 8, 0x42], // the other 200 bytes
    [1, 8, 1, 0x48],
  ]);
});

Deno.test("split-anywhere: with one entry of room for data", () => {
  assertEquals(placesOf([...entries(124), blob(33)]), [
    [0, 124, 2, 0x42],
    [1, 0, 2, 0x42],
    [1, 2, 1, 0x48],
  ]);
});

Deno.test("empty-first-chunk: at entry 125 the first chunk holds no byte", () => {
  assertEquals(placesOf([...entries(125), blob(40)]), [
    [0, 125, 1, 0x42],
    [1, 0, 3, 0x42],
    [1, 3, 1, 0x48],
  ]);
});

Deno.test("empty-first-chunk: a blob of no bytes at entry 125", () => {
  assertEquals(placesOf([...entries(125), blob(0)]), [[0, 125, 1, 0x42], [1, 0, 1, 0x48]]);
});

for (
  const [dataSize, index] of [
    [32, [0, 125]], // ends at entry 124: the index takes the last entry
    [33, [1, 0]], // fills the page
    [64, [1, 0]],
  ] as const
) {
  Deno.test(`early-page: the index of ${dataSize} bytes at entry 123`, () => {
    const span = 1 + Math.ceil(dataSize / 32);
    assertEquals(placesOf([...entries(123), blob(dataSize)]), [
      [0, 123, span, 0x42],
      [...index, 1, 0x48],
    ]);
  });
}

Deno.test("early-page: what follows goes behind the index, on the new page", () => {
  const after: Item = { namespace: "n", key: "after", type: "u16", value: 1 };
  assertEquals(placesOf([...entries(124), blob(32), after]), [
    [0, 124, 2, 0x42],
    [1, 0, 1, 0x48],
    [1, 1, 1, 0x02],
  ]);
});

for (
  const [entryCount, states] of [
    [1, [ACTIVE]],
    [126, [ACTIVE]], // exactly full, and active all the same
    [127, [FULL, ACTIVE]],
    [252, [FULL, ACTIVE]],
    [253, [FULL, FULL, ACTIVE]],
  ] as const
) {
  Deno.test(`last-page-active: ${entryCount} entries`, () => {
    const items: Item[] = [{ namespace: "n", type: "namespace" }, ...entries(entryCount)];
    const { pages } = readImage(encodePartition(items, { sizeBytes: 0x8000 }));
    assertEquals(pages.map(({ state }) => state), [...states]);
    assertEquals(pages.flatMap(({ headers }) => headers).length, entryCount);
  });
}

for (
  const [sizeBytes, entryCount, imageBytes] of [
    [0x1000, 2, 0x1000],
    [0x1000, 126, 0x1000],
    [0x2000, 126, 0x1000], // as long as the pages used
    [0x2000, 127, 0x2000],
    [0x2000, 252, 0x2000], // no page is reserved
    [0x3000, 2, 0x3000],
    [0x3000, 252, 0x3000], // one page is reserved
  ] as const
) {
  Deno.test(`read-only-sizes: ${entryCount} entries in ${sizeBytes} bytes`, () => {
    const image = encodePartition(entries(entryCount), { sizeBytes });
    assertEquals(image.length, imageBytes);
    assertEquals(readImage(image).pages.flatMap(({ headers }) => headers).length, entryCount);
  });
}

Deno.test("read-only-sizes: partitions to 4 MiB and beyond", () => {
  for (const sizeBytes of [0x400000, 0x800000]) {
    const image = encodePartition(entries(200), { sizeBytes });
    assertEquals(image.length, sizeBytes);
    assert(image.subarray(2 * 4096).every((byte) => byte === 0xFF));
  }
});

Deno.test("namespaces a, b, a again: the third group lands in a", () => {
  const item = (namespace: string, key: string, value: number): Item => ({
    namespace,
    key,
    type: "u8",
    value,
  });
  const items = [item("a", "x", 1), item("b", "x", 2), item("a", "y", 3)];
  const read = readImage(encodePartition(items, { sizeBytes: 0x3000 }));
  assertEquals(read.namespaces, ["a", "b"]);
  assertEquals(read.items.map(({ namespace, key, value }) => [namespace, key, value]), [
    ["a", "x", 1n],
    ["b", "x", 2n],
    ["a", "y", 3n],
  ]);
});

Deno.test("a namespace without keys gets its entry where it is named", () => {
  const items: Item[] = [
    { namespace: "a", type: "namespace" },
    { namespace: "b", key: "k", type: "u8", value: 1 },
    { namespace: "c", type: "namespace" },
  ];
  const { namespaces, items: read } = readImage(encodePartition(items, { sizeBytes: 0x3000 }));
  assertEquals([namespaces, read.map(({ namespace }) => namespace)], [["a", "b", "c"], ["b"]]);
});

Deno.test("not a quirk: a key beyond ASCII is padded by bytes, and its value stays in place", () => {
  const key = "Größe_é語"; // 8 characters, 13 bytes
  const image = encodePartition([{ namespace: "n", key, type: "u8", value: 7 }], {
    sizeBytes: 0x3000,
  });
  const entry = image.subarray(64 + 32, 64 + 64);
  const bytes = new TextEncoder().encode(key);
  assertEquals(entry.slice(8, 24), new Uint8Array([...bytes, ...Array(16 - bytes.length).fill(0)]));
  assertEquals([...entry.slice(24)], [7, 255, 255, 255, 255, 255, 255, 255]);
});
