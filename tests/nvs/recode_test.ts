/** What the decoder returns is what the encoder takes: decoded, encoded and decoded, an image is the same. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  type DecodedEntry,
  decodePartition,
  diffPartitions,
  encodePartition,
  type Item,
  type KeyItem,
  type Value,
} from "../../mod.ts";
import { ImageBuilder } from "./image_builder.ts";
import { deviceImages, vectorImages } from "./test_images.ts";

function withoutPlace({ namespace, key, type, value }: DecodedEntry): unknown {
  return { namespace, key, type, value };
}

for (const { name, image } of [...vectorImages(), ...deviceImages()]) {
  Deno.test(`an image of what was decoded holds the same: ${name}`, () => {
    const decoded = decodePartition(image);
    // Empty namespaces are no entries.
    const items: Item[] = [
      ...decoded.namespaces.map(({ name }): Item => ({ namespace: name, type: "namespace" })),
      ...decoded.entries,
    ];
    const again = decodePartition(encodePartition(items, decoded));
    assertEquals(again.findings, []);
    assertEquals(again.formatVersion, decoded.formatVersion);
    assertEquals(diffPartitions(decoded, again), []);
  });
}

const ODD_STRINGS: readonly [name: string, data: number[], value: string | Uint8Array][] = [
  ["text", [0x61, 0xC3, 0xA9, 0], "aé"],
  ["none but its NUL", [0], ""],
  ["a byte order mark", [0xEF, 0xBB, 0xBF, 0], "\uFEFF"],
  ["no UTF-8", [0xE9, 0x61, 0], Uint8Array.of(0xE9, 0x61)],
  ["a NUL inside", [0x61, 0, 0x62, 0], Uint8Array.of(0x61, 0, 0x62)],
  ["two NULs", [0x61, 0, 0], Uint8Array.of(0x61, 0)],
];

for (const [name, data, value] of ODD_STRINGS) {
  Deno.test(`a string is decoded and encoded unchanged: ${name}`, () => {
    const { bytes } = new ImageBuilder(3).page(0, "active")
      .namespace({ entry: 0, key: "#n" }, 1)
      .data({ entry: 1, key: "s" }, "string", Uint8Array.from(data));
    const decoded = decodePartition(bytes);
    assertEquals(decoded.findings, []);
    assertEquals(decoded.entries.map(withoutPlace), [
      { namespace: "#n", key: "s", type: "string", value },
    ]);
    assertEquals(encodePartition(decoded.entries, decoded), bytes);
  });
}

const VALUES: readonly [stored: Value, decoded: Value["value"]][] = [
  [{ type: "u8", value: 255 }, 255n],
  [{ type: "i64", value: -1n }, -1n],
  [{ type: "float", value: 0.1 }, Math.fround(0.1)],
  [{ type: "float", value: -0 }, -0],
  [{ type: "float", value: -Infinity }, -Infinity],
  [{ type: "double", value: 0.1 }, 0.1],
  [{ type: "double", value: Infinity }, Infinity],
  [{ type: "string", value: Uint8Array.of(0xC3, 0xA9) }, "é"],
];

for (const [stored, value] of VALUES) {
  Deno.test(`${stored.type} ${stored.value} is decoded as ${typeof value} ${value}`, () => {
    const item: KeyItem = { namespace: "n", key: "k", ...stored };
    const decoded = decodePartition(encodePartition([item], { sizeBytes: 0x3000 }));
    assertEquals<unknown>(decoded.entries.map((entry) => entry.value), [value]);
    assertEquals(diffPartitions({ entries: [item], namespaces: [{ name: "n" }] }, decoded), []);
  });
}

for (const value of [3.4028235677973366e38, -1e39]) {
  Deno.test(`float does not take ${value}`, () => {
    assertThrows(
      () =>
        encodePartition([{ namespace: "n", key: "k", type: "float", value }], {
          sizeBytes: 0x3000,
        }),
      RangeError,
      `${value} does not fit float; the largest is 3.4028235e+38`,
    );
  });
}
