import { assert, assertEquals } from "@std/assert";
import { ENTRY_AT, PAGE_AT, PAGE_SIZE } from "../../src/nvs/constants.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import { FINDING_RULES, type FindingRule } from "../../src/nvs/findings.ts";
import { looksEncrypted } from "../../src/nvs/looks_encrypted.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { ImageBuilder } from "./image_builder.ts";
import { asExpected, deviceImages, valueText, vectorImages } from "./test_images.ts";

const devices = deviceImages();
const vectors = vectorImages();

Deno.test("there are images to decode", () => {
  assert(devices.length >= 8 && vectors.length >= 30);
});

for (const { name, image, stored, expected } of devices) {
  Deno.test(`decodePartition() reads ${name} as the device that wrote it does`, () => {
    const { entries, namespaces, stats, findings } = decodePartition(image);
    assertEquals(findings, []);
    assertEquals(asExpected(entries), expected.entries);
    assertEquals(namespaces.map((namespace) => namespace.name).sort(), expected.namespaces);
    assertEquals(stats, expected.stats);
    assertEquals(looksEncrypted(image), false);
    assertEquals(looksEncrypted(stored), stored !== image);
  });
}

/** Keys that Espressif's generator adds to Wi-Fi credentials, without a line in the CSV. */
const COMPANIONS = new Set(["sta.apinfo", "sta.pmk", "sta.apsw", "ap.pmk_info"]);

for (const { name, image, stored, expected } of vectors) {
  Deno.test(`decodePartition() reads ${name} as its CSV has it`, () => {
    const { entries, findings } = decodePartition(image);
    assertEquals(findings, []);
    const fromCsv = entries.filter(({ key }) => !COMPANIONS.has(key));
    assertEquals(asExpected(fromCsv), expected);
    assertEquals(looksEncrypted(image), false);
    assertEquals(looksEncrypted(stored), stored !== image);
  });
}

Deno.test("decodePartition() gives an encrypted image no entries", () => {
  for (const { image, stored } of [...devices, ...vectors]) {
    if (image === stored) continue;
    const { entries, namespaces } = decodePartition(stored);
    assertEquals([entries, namespaces], [[], []]);
  }
});

/** A sound image: namespace "a" with u8 "n", string "s" and blob "b" of 3 bytes; entry 7 is next. */
function sound(pageCount = 3): ImageBuilder {
  return new ImageBuilder(pageCount)
    .page(0, "active")
    .namespace({ entry: 0, key: "a" }, 1)
    .number({ entry: 1, key: "n" }, "u8", 1)
    .text({ entry: 2, key: "s" }, "hello")
    .data({ entry: 4, key: "b", chunkIndex: 0 }, "blobData", new Uint8Array([1, 2, 3]))
    .index({ entry: 6, key: "b" }, 3, 1, 0);
}

Deno.test("decodePartition() finds nothing wrong with the image that the cases below spoil", () => {
  const { findings, entries, pages, formatVersion, stats } = decodePartition(sound().bytes);
  assertEquals(findings, []);
  assertEquals(formatVersion, 2);
  assertEquals(stats, { used: 7, free: 371, available: 245, total: 378, namespaces: 1 });
  assertEquals(
    entries.map(({ key, type, page, entry, span }) => [key, type, page, entry, span]),
    [["n", "u8", 0, 1, 1], ["s", "string", 0, 2, 2], ["b", "blob", 0, 4, 3]],
  );
  const cells = pages[0]!.cells.map(({ kind, itemStart }) => `${kind} ${itemStart}`);
  assertEquals(cells.length, 126);
  assertEquals(cells.slice(0, 8), [
    "namespace 0",
    "number 1",
    "string 2",
    "string 2",
    "blob-data 4",
    "blob-data 4",
    "blob-index 6",
    "empty 7",
  ]);
});

type Spoil = () => ImageBuilder | Uint8Array;

/** For each rule the ways to break it, and it alone. */
const SPOILT: Record<FindingRule, readonly Spoil[]> = {
  "image-size": [
    () => new Uint8Array(),
    () => new Uint8Array(100),
    () => sound().bytes.subarray(0, 2 * PAGE_SIZE + 1),
    () => new Uint8Array([...sound().bytes, 0xFF]),
  ],
  "no-free-page": [() => sound().page(0, "full", 0).page(1, "full").page(2, "active")],
  "active-page-order": [() => sound().page(0, "active", 0).page(1, "active", 1)],
  "page-state": [
    () => spoilByte(sound(), PAGE_AT.state, 0x7E),
    () => spoilByte(sound(), PAGE_AT.state + 3, 0x00),
  ],
  "page-corrupt": [() => spoilByte(sound(), 2 * PAGE_SIZE + PAGE_AT.state, 0xF0)],
  "page-not-empty": [
    () => spoilByte(sound(), 2 * PAGE_SIZE - 1, 0x7F),
    () => spoilByte(sound(), PAGE_SIZE + PAGE_AT.sequence, 0x00),
  ],
  "page-header-crc32": [
    () => spoilByte(sound(), PAGE_AT.sequence, 0x01),
    () => spoilByte(sound(), PAGE_AT.crc32, 0x00),
  ],
  "page-version": [() => sound().page(0, "active", 0, 0xFD)],
  "page-reserved": [() => spoilByte(sound(), PAGE_AT.version + 1, 0x00).sealPage(0)],
  "page-sequence": [() => sound().page(0, "full", 5).page(1, "active", 5)],
  "page-freeing": [() => sound().page(0, "freeing"), movedHalfWay],
  "bitmap-unused": [() => spoilByte(sound(), 63, 0x7F), () => spoilByte(sound(), 63, 0xEF)],
  "entry-state": [() => sound().state(0, 7, "illegal")],
  "entry-gap": [() => sound().number({ entry: 9, key: "far" }, "u8", 1)],
  "entry-not-empty": [
    () => {
      const image = sound();
      return spoilByte(image, image.offset(0, 7), 0x01);
    },
    () => {
      const image = sound();
      return spoilByte(image, image.offset(0, 125) + 31, 0x7F);
    },
  ],
  "entry-header-crc32": [
    () => {
      const image = sound();
      return spoilByte(image, image.offset(0, 1) + ENTRY_AT.data, 0x02);
    },
    () => sound().state(0, 7, "written"),
  ],
  "entry-type": [() => sound().patch(0, 1, ENTRY_AT.type, 0x03)],
  "entry-span": [
    () => sound().patch(0, 1, ENTRY_AT.span, 2),
    () => sound().number({ entry: 7, key: "z" }, "u8", 1).patch(0, 7, ENTRY_AT.span, 0),
  ],
  "entry-size": [
    () => sound().header({ entry: 7, key: "big" }, "blobIdx", 1, bytes(0xFF, 0xFF, 0xFF, 0)),
    () => sound().header({ entry: 7, key: "big" }, "string", 1, bytes(0xFF, 0xFF)),
  ],
  "entry-chunk-index": [
    () => sound().number({ entry: 7, key: "z", chunkIndex: 0 }, "u8", 1),
    () => sound().header({ entry: 7, key: "z" }, "blobData", 1, bytes(0, 0)),
    () => sound().index({ entry: 7, key: "z", chunkIndex: 1 }, 0, 0, 0),
  ],
  "entry-key": [
    () => sound().number({ entry: 7, key: "" }, "u8", 1),
    () => sound().number({ entry: 7, key: "sixteen.bytes.16" }, "u8", 1),
    () => sound().number({ entry: 7, key: "a\0b" }, "u8", 1),
  ],
  "entry-reserved": [
    () => sound().patch(0, 1, ENTRY_AT.data + 1, 0x00),
    () => sound().patch(0, 2, ENTRY_AT.data + 2, 0x00),
    () => sound().patch(0, 6, ENTRY_AT.data + 7, 0x7F),
  ],
  "item-torn": [
    () => sound().state(0, 3, "empty"),
    () => sound().state(0, 3, "erased"),
    () => sound().state(0, 3, "illegal"),
  ],
  "data-crc32": [
    () => {
      const image = sound();
      return spoilByte(image, image.offset(0, 3), 0x00);
    },
  ],
  "data-padding": [
    () => {
      const image = sound();
      return spoilByte(image, image.offset(0, 3) + 31, 0x00);
    },
  ],
  "string-nul": [
    () => sound().data({ entry: 7, key: "z" }, "string", new Uint8Array([0x61])),
    () => sound().data({ entry: 7, key: "z" }, "string", new Uint8Array()),
  ],
  "blob-chunk-start": [
    () =>
      sound()
        .data({ entry: 7, key: "c", chunkIndex: 3 }, "blobData", new Uint8Array([1]))
        .index({ entry: 9, key: "c" }, 1, 1, 3),
  ],
  "blob-index-mismatch": [
    () => sound().index({ entry: 7, key: "z" }, 1, 1, 0),
    () => sound().index({ entry: 7, key: "z" }, 0, 1, 128),
  ],
  "blob-orphan-chunk": [
    () => sound().data({ entry: 7, key: "z", chunkIndex: 0 }, "blobData", new Uint8Array([1])),
    () => sound().state(0, 6, "erased"),
  ],
  "duplicate-key": [
    () => sound().number({ entry: 7, key: "n" }, "u8", 2),
    () => sound().number({ entry: 7, key: "s" }, "i64", 2),
  ],
  "namespace-entry": [
    () => sound().namespace({ entry: 7, key: "zero" }, 0),
    () => sound().namespace({ entry: 7, key: "any" }, 255),
    () => sound().number({ entry: 7, key: "wide", namespaceIndex: 0 }, "u16", 2),
  ],
  "namespace-duplicate": [
    () => sound().namespace({ entry: 7, key: "other" }, 1),
    () =>
      sound().page(0, "full").page(1, "active").namespace({ page: 1, entry: 0, key: "a" }, 2)
        .number({ page: 1, entry: 1, key: "last" }, "u8", 1),
  ],
  "namespace-undeclared": [
    () => sound().number({ entry: 7, key: "n", namespaceIndex: 2 }, "u8", 1),
    () => sound().state(0, 0, "erased"),
  ],
};

function spoilByte(image: ImageBuilder, at: number, byte: number): ImageBuilder {
  image.bytes[at] = byte;
  return image;
}

/** The data field of an entry header: the bytes given, then 0xFF. */
function bytes(...given: number[]): Uint8Array {
  const field = new Uint8Array(8).fill(0xFF);
  field.set(given);
  return field;
}

/** Page 0 is being moved to page 1 when power is lost; two of its items have arrived. */
function movedHalfWay(): ImageBuilder {
  return sound()
    .page(0, "freeing")
    .page(1, "active")
    .namespace({ page: 1, entry: 0, key: "a" }, 1)
    .number({ page: 1, entry: 1, key: "n" }, "u8", 1);
}

for (const [rule, ways] of Object.entries(SPOILT)) {
  Deno.test(`decodePartition() reports ${rule} and nothing else`, () => {
    for (const [way, spoil] of ways.entries()) {
      const made = spoil();
      const image = made instanceof ImageBuilder ? made.bytes : made;
      const { findings } = decodePartition(image);
      assertEquals(findings.map((finding) => finding.rule), [rule as FindingRule], `way ${way}`);
    }
  });
}

Deno.test("every rule has a case above", () => {
  assertEquals(Object.keys(SPOILT).sort(), Object.keys(FINDING_RULES).sort());
});

Deno.test("a finding says where, what was stored and what was computed", () => {
  const image = sound();
  const at = image.offset(0, 3);
  const [finding] = decodePartition(spoilByte(image, at, 0x00).bytes).findings;
  assertEquals(finding, {
    rule: "data-crc32",
    page: 0,
    entry: 2,
    message: '"s": the 6 bytes of data do not match their CRC; a device erases them',
    stored: "0x98d28762",
    computed: "0x7c750a55",
  });
});

/** Updates that power loss cut short, and other doubles: the value of the key that a device reads. */
const HALF_DONE: readonly {
  name: string;
  image: ImageBuilder;
  key: string;
  value: string | undefined;
  rules: readonly FindingRule[];
}[] = [
  {
    name: "new number written, old one not erased, one page",
    image: sound().number({ entry: 7, key: "n" }, "u8", 2),
    key: "n",
    value: "2",
    rules: ["duplicate-key"],
  },
  {
    name: "new number written as the last item, old one on an older page",
    image: sound().page(0, "full").page(1, "active").number(
      { page: 1, entry: 0, key: "n" },
      "u8",
      2,
    ),
    key: "n",
    value: "2",
    rules: ["duplicate-key"],
  },
  {
    name: "a double on two pages that is not the last item",
    image: sound().page(0, "full").page(1, "active")
      .number({ page: 1, entry: 0, key: "n" }, "u8", 2)
      .number({ page: 1, entry: 1, key: "m" }, "u8", 3),
    key: "n",
    value: "1",
    rules: ["duplicate-key"],
  },
  {
    name: "the same, the older page standing second",
    image: sound().page(0, "active", 8).page(1, "full", 7)
      .number({ page: 1, entry: 0, key: "n" }, "u8", 2),
    key: "n",
    value: "2",
    rules: ["duplicate-key"],
  },
  {
    name: "a number replaced by a string, one page",
    image: sound().text({ entry: 7, key: "n" }, "two"),
    key: "n",
    value: "two",
    rules: ["duplicate-key"],
  },
  {
    name: "the new string's header is written, its data are not",
    image: sound().text({ entry: 7, key: "s" }, "new").state(0, 8, "empty"),
    key: "s",
    value: "hello",
    rules: ["item-torn"],
  },
  {
    name: "the new number is written, its state is not",
    image: sound().number({ entry: 7, key: "n" }, "u8", 2).state(0, 7, "empty"),
    key: "n",
    value: "1",
    rules: ["entry-not-empty"],
  },
  {
    name: "both chunk and index of the new blob are written",
    image: sound()
      .data({ entry: 7, key: "b", chunkIndex: 128 }, "blobData", new Uint8Array([9]))
      .index({ entry: 9, key: "b" }, 1, 1, 128),
    key: "b",
    value: "09",
    rules: ["blob-orphan-chunk", "duplicate-key"],
  },
  {
    name: "the new blob's chunk is written on another page, its index is not",
    image: sound().page(0, "full").page(1, "active")
      .data({ page: 1, entry: 0, key: "b", chunkIndex: 128 }, "blobData", new Uint8Array([9])),
    key: "b",
    value: "010203",
    rules: ["blob-orphan-chunk"],
  },
  {
    // The library takes the old chunk for a copy of the new one and erases it.
    name: "the new blob's chunk is written on the same page, its index is not",
    image: sound().data({ entry: 7, key: "b", chunkIndex: 128 }, "blobData", new Uint8Array([9])),
    key: "b",
    value: undefined,
    rules: ["blob-index-mismatch", "blob-orphan-chunk"],
  },
  {
    name: "the old blob's index is erased, its chunk is not",
    image: sound().state(0, 6, "erased"),
    key: "b",
    value: undefined,
    rules: ["blob-orphan-chunk"],
  },
  {
    name: "a version 1 blob is replaced by a version 2 one",
    image: new ImageBuilder(3).page(0, "full", 0, 0xFF).page(1, "active")
      .namespace({ entry: 0, key: "a" }, 1)
      .data({ entry: 1, key: "b" }, "blob", new Uint8Array([1]))
      .data({ page: 1, entry: 0, key: "b", chunkIndex: 0 }, "blobData", new Uint8Array([2]))
      .index({ page: 1, entry: 2, key: "b" }, 1, 1, 0),
    key: "b",
    value: "02",
    rules: ["duplicate-key"],
  },
  {
    name: "a page is moved half-way: the copy does not count",
    image: movedHalfWay(),
    key: "s",
    value: "hello",
    rules: ["page-freeing"],
  },
];

for (const { name, image, key, value, rules } of HALF_DONE) {
  Deno.test(`decodePartition() decides as a device does: ${name}`, () => {
    const { entries, findings } = decodePartition(image.bytes);
    const found = entries.filter((entry) => entry.key === key).map(valueText);
    assertEquals(found, value === undefined ? [] : [value]);
    assertEquals(findings.map((finding) => finding.rule), rules);
  });
}

Deno.test("a damaged entry in the middle of an active page takes what follows with it", () => {
  // From an entry marked empty that holds data, a device erases up to the first blank one.
  const { entries } = decodePartition(sound().state(0, 1, "empty").bytes);
  assertEquals(entries, []);
});

Deno.test("decodePartition() counts, after a half-done move, what the device keeps", () => {
  const { stats } = decodePartition(movedHalfWay().bytes);
  assertEquals(stats, { used: 7, free: 371, available: 245, total: 378, namespaces: 1 });
});

Deno.test("decodePartition() reads floats, strings that are not UTF-8, and keys that are not", () => {
  const image = sound()
    .header({ entry: 7, key: "f" }, "u32", 1, bytes(0x00, 0x00, 0xC0, 0x3F))
    .patch(0, 7, ENTRY_AT.type, 0x24)
    .data({ entry: 8, key: "raw" }, "string", new Uint8Array([0xE9, 0x00]))
    .number({ entry: 10, key: "?" }, "u8", 5)
    .patch(0, 10, ENTRY_AT.key, 0xE9);
  const { entries, findings } = decodePartition(image.bytes);
  assertEquals(findings, []);
  const read = entries.slice(3).map(({ key, type, value }) => ({ key, type, value }));
  assertEquals<unknown>(read, [
    { key: "f", type: "float", value: 1.5 },
    { key: "raw", type: "string", value: new Uint8Array([0xE9]) },
    { key: "\\xe9", type: "u8", value: 5n },
  ]);
});

Deno.test("decodePartition() lists erased items that can still be read", () => {
  const image = sound().text({ entry: 7, key: "old" }, "gone").state(0, 7, "erased")
    .state(0, 8, "erased");
  const { erased, findings, pages } = decodePartition(image.bytes);
  assertEquals(findings, []);
  assertEquals(erased, [{
    kind: "string",
    namespace: "a",
    namespaceIndex: 1,
    key: "old",
    value: "gone",
    page: 0,
    entry: 7,
    span: 2,
  }]);
  assertEquals(pages[0]!.cells[8], { kind: "erased", itemStart: 7 });
  assertEquals([pages[0]!.used, pages[0]!.erased, pages[0]!.empty], [7, 2, 117]);
});

Deno.test("decodePartition() reads what encodePartition() wrote, in both format versions", () => {
  for (const formatVersion of [1, 2] as const) {
    const image = encodePartition([
      { namespace: "a", key: "min", type: "i64", value: -(2n ** 63n) },
      { namespace: "a", key: "max", type: "u64", value: 2n ** 64n - 1n },
      { namespace: "empty", type: "namespace" },
      { namespace: "a", key: "none", type: "blob", value: new Uint8Array() },
    ], { sizeBytes: 0x3000, formatVersion });
    const decoded = decodePartition(image);
    assertEquals(decoded.findings, []);
    assertEquals(decoded.formatVersion, formatVersion);
    assertEquals(decoded.namespaces, [{ name: "a", index: 1 }, { name: "empty", index: 2 }]);
    assertEquals(decoded.entries.map(({ key, value }) => `${key} ${value}`), [
      "min -9223372036854775808",
      "max 18446744073709551615",
      "none ",
    ]);
  }
});

Deno.test("looksEncrypted() is false for plain images, damaged or empty", () => {
  const image = new ImageBuilder(3).page(0, "active")
    .data({ entry: 0, key: "b" }, "blob", new Uint8Array(4000));
  for (const at of [0, 4, 5, 8, 24]) {
    const damaged = image.bytes.slice();
    damaged[image.offset(0, 0) + at]! ^= 0x80;
    assertEquals(looksEncrypted(damaged), false);
  }
  assertEquals(looksEncrypted(new ImageBuilder(3).bytes), false);
  assertEquals(looksEncrypted(new Uint8Array(4095)), false);
});

Deno.test("decodePartition() takes a view into a larger buffer", () => {
  const { bytes } = sound();
  const padded = new Uint8Array(bytes.length + 3);
  padded.set(bytes, 3);
  assertEquals(decodePartition(padded.subarray(3)), decodePartition(bytes));
});
