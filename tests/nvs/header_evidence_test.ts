/** What counts as a header and as a resemblance, and how often random bytes do. */

import { assert, assertEquals } from "@std/assert";
import { ImageCipher } from "../../src/crypto/image_cipher.ts";
import {
  ENTRY_AT,
  ENTRY_COUNT,
  ENTRY_SIZE,
  type ItemType,
  PAGE_AT,
  PAGE_SIZE,
} from "../../src/nvs/constants.ts";
import {
  type HeaderEvidence,
  headerEvidence,
  resemblancesAt,
} from "../../src/nvs/header_evidence.ts";
import { looksEncrypted } from "../../src/nvs/looks_encrypted.ts";
import { entryOffset } from "../../src/nvs/partition.ts";
import { ImageBuilder } from "./image_builder.ts";

const NOTHING: HeaderEvidence = {
  filled: 0,
  matching: 0,
  explained: 0,
  opaque: 0,
  resembling: 0,
};
/** Bytes without order, and none of them 0 or 0xFF. */
const NOISE = Uint8Array.from({ length: 4000 }, (_, index) => 1 + (index * index * 31 + 7) % 251);

function builder(): ImageBuilder {
  return new ImageBuilder(2).page(0, "active");
}

function damagedPage(): ImageBuilder {
  const image = builder().number({ entry: 0, key: "a" }, "u8", 1);
  image.bytes[PAGE_AT.sequence]! ^= 1;
  return image;
}

const COUNTS: readonly [name: string, image: ImageBuilder, expected: Partial<HeaderEvidence>][] = [
  ["no entry", builder(), {}],
  [
    "an entry of a page not in use",
    new ImageBuilder(2).number({ entry: 0, key: "a" }, "u8", 1),
    {},
  ],
  ["an entry of a page with a damaged header", damagedPage(), {}],
  [
    "headers and their data",
    builder().namespace({ entry: 0, key: "a" }, 1).data(
      { entry: 1, key: "b" },
      "blob",
      NOISE.slice(0, 64),
    ),
    { filled: 4, matching: 2, explained: 4 },
  ],
  [
    "erased entries too",
    builder().number({ entry: 0, key: "a" }, "u8", 1).state(0, 0, "erased"),
    { filled: 1, matching: 1, explained: 1 },
  ],
  [
    "headers inside of data do not",
    builder().data(
      { entry: 0, key: "b" },
      "blob",
      builder().number({ entry: 0, key: "a" }, "u8", 1).bytes.slice(64, 96),
    ),
    { filled: 2, matching: 1, explained: 2 },
  ],
  [
    "noise",
    noise(3),
    { filled: 3, opaque: 3 },
  ],
  [
    "a type that does not exist, though its CRC matches",
    builder().number({ entry: 0, key: "serial" }, "u64", 2 ** 52 + 0x1234567).patch(
      0,
      0,
      ENTRY_AT.type,
      0x77,
    ),
    { filled: 1, opaque: 1, resembling: 2 },
  ],
  [
    "a span of 0, though its CRC matches",
    builder().number({ entry: 0, key: "serial" }, "u8", 1).patch(0, 0, ENTRY_AT.span, 0),
    { filled: 1, opaque: 1, resembling: 2 },
  ],
  [
    "a span beyond the page, though its CRC matches",
    builder().number({ entry: 125, key: "serial" }, "u8", 1).patch(0, 125, ENTRY_AT.span, 2),
    { filled: 1, opaque: 1, resembling: 2 },
  ],
];

function noise(entryCount: number): ImageBuilder {
  const image = builder();
  for (let entry = 0; entry < entryCount; entry++) {
    image.bytes.set(
      NOISE.slice(entry * ENTRY_SIZE, (entry + 1) * ENTRY_SIZE),
      image.offset(0, entry),
    );
  }
  return image;
}

for (const [name, { bytes }, expected] of COUNTS) {
  Deno.test(`headerEvidence() counts: ${name}`, () => {
    assertEquals(headerEvidence(bytes), { ...NOTHING, ...expected });
  });
}

/** A header with a damaged CRC, changed in some bytes; by its bytes from the offset on. */
const RESEMBLANCES: readonly [
  type: ItemType,
  key: string,
  changes: Readonly<Record<number, number>>,
  expected: number,
][] = [
  ["u8", "key", {}, 4],
  ["i32", "key", {}, 4],
  ["u64", "key", {}, 3],
  ["string", "key", {}, 4],
  ["blob", "key", {}, 4],
  ["blobData", "key", { [ENTRY_AT.chunkIndex]: 0 }, 3],
  ["blobIdx", "key", {}, 4],
  ["u8", "twelve-bytes", {}, 4],
  ["u8", "thirteen-byte", {}, 3],
  ["u8", "fifteen-bytes-k", {}, 3],
  ["u8", "grün", {}, 4],
  ["u8", "", {}, 2],
  ["u8", "a\nb", {}, 2],
  ["u8", "key", { [ENTRY_AT.key]: 0xC3 }, 2],
  ["u8", "key", { [ENTRY_AT.data - 1]: 1 }, 2],
  ["u8", "fifteen-bytes-k", { [ENTRY_AT.data - 1]: 0x41 }, 2],
  ["u8", "key", { [ENTRY_AT.type]: 0x03 }, 2],
  ["u8", "key", { [ENTRY_AT.span]: 2 }, 2],
  ["u8", "key", { [ENTRY_AT.chunkIndex]: 0 }, 2],
  ["u8", "key", { 31: 0 }, 2],
  ["blobData", "key", {}, 2],
  ["string", "key", { [ENTRY_AT.span]: 3 }, 2],
  ["string", "key", { 26: 0 }, 2],
  ["string", "key", { 25: 0x10 }, 2],
  ["u8", "key", { 31: 0, [ENTRY_AT.key]: 0xC3 }, 0],
];

for (const [type, key, changes, expected] of RESEMBLANCES) {
  Deno.test(`a ${type} with key ${JSON.stringify(key)} and ${JSON.stringify(changes)} resembles a header ${expected} times`, () => {
    const image = builder();
    if (type === "string" || type === "blob" || type === "blobData") {
      image.data({ entry: 0, key }, type, NOISE.slice(0, 20));
    } else if (type === "blobIdx") image.index({ entry: 0, key }, 20, 1, 0);
    else image.number({ entry: 0, key }, type, 7);
    for (const [at, byte] of Object.entries(changes)) {
      image.bytes[image.offset(0, 0) + Number(at)] = byte;
    }
    image.bytes[image.offset(0, 0) + ENTRY_AT.crc32]! ^= 1;
    assertEquals(resemblancesAt(image, 0, 0), expected);
  });
}

Deno.test("one resemblance is not enough to be plain, two are", () => {
  for (const [headerCount, expected] of [[0, true], [1, true], [2, false]] as const) {
    const image = noise(20);
    for (let entry = 0; entry < headerCount; entry++) {
      // Of type, span and chunk index of a u64, but with a key that is no text.
      image.bytes.set([1, 0x08, 1, 0xFF], image.offset(0, 5 + 3 * entry));
    }
    assertEquals(headerEvidence(image.bytes).resembling, headerCount);
    assertEquals(looksEncrypted(image.bytes), expected);
  }
});

// What the doc comments say of random bytes, from the properties.

/** Texts of `size` bytes in UTF-8 without control characters below U+0080. */
function textCount(size: number): number {
  if (size <= 0) return size === 0 ? 1 : 0;
  return 95 * textCount(size - 1) + 0x780 * textCount(size - 2) +
    (0xF800 - 0x800) * textCount(size - 3) + 0x100000 * textCount(size - 4);
}

const sum = (from: number, to: number, term: (index: number) => number) =>
  Array.from({ length: to - from + 1 }, (_, index) => term(from + index)).reduce(
    (a, b) => a + b,
    0,
  );

const BYTE = 1 / 0x100;
/** That a key of at most so many bytes stands in a key field. */
const keyRate = (most: number) => sum(1, most, (size) => textCount(size) * BYTE ** 16);
/** That span and data size fit each other and the page, on average over its entries. */
const SPAN_AND_SIZE = sum(0, 125, (entry) => (125 - entry) * ENTRY_SIZE + 1) / 126 * BYTE ** 3;
/** i64, u64, double: type, span, chunk index; blob chunks: all but the chunk index 255, and 2 bytes. */
const WEAK_SHAPE = 3 * BYTE ** 3 + BYTE * SPAN_AND_SIZE * (255 / 256) * BYTE ** 2;
/** Strings and blobs; numbers with 7, 6 or 4 unused bytes; blob indexes. */
const STRONG_SHAPE = 2 * BYTE ** 2 * SPAN_AND_SIZE * BYTE ** 2 +
  BYTE ** 3 * (2 * BYTE ** 7 + 2 * BYTE ** 6 + 3 * BYTE ** 4) +
  BYTE ** 3 * (508_001 / 2 ** 32) * BYTE ** 2;
const ONE = WEAK_SHAPE + STRONG_SHAPE + keyRate(15);
const TWO = STRONG_SHAPE + keyRate(12) + WEAK_SHAPE * keyRate(15);

/** That two of the entries resemble once, or one twice. */
const imageRate = (entries: number) => entries * (entries - 1) / 2 * ONE ** 2 + entries * TWO;

Deno.test("the rates in the doc comments follow from the properties", () => {
  const stated: [string, number, number][] = [
    ["shape", 5_600_000, 1 / (WEAK_SHAPE + STRONG_SHAPE)],
    ["shape with unused bytes", 18e12, 1 / STRONG_SHAPE],
    ["key", 41_000_000, 1 / keyRate(15)],
    ["key with four NULs", 66e12, 1 / keyRate(12)],
    ["an entry", 4_900_000, 1 / ONE],
    ["an image of 3 pages", 330_000_000, 1 / imageRate(3 * ENTRY_COUNT)],
    ["an image of 10 pages", 30_000_000, 1 / imageRate(10 * ENTRY_COUNT)],
    ["a match", 3.1e11, 2 ** 32 / (14 * BYTE * sum(1, ENTRY_COUNT, (span) => span) / 126 * BYTE)],
  ];
  for (const [what, rounded, exact] of stated) {
    assert(Math.abs(rounded / exact - 1) < 0.04, `${what}: ${exact}`);
  }
});

const CIPHERTEXT_PAGES = 8;
const ROUNDS = Math.ceil(1_000_000 / (CIPHERTEXT_PAGES * ENTRY_COUNT));
const OFFSETS = Array.from(
  { length: CIPHERTEXT_PAGES * ENTRY_COUNT },
  (_, index) => entryOffset(Math.floor(index / ENTRY_COUNT), index % ENTRY_COUNT),
);

/** A million entries of ciphertext, page after page, with some of their bytes set. */
function measure(bytes: Readonly<Record<number, number>>): { entries: number; resembling: number } {
  const plain = new ImageBuilder(CIPHERTEXT_PAGES);
  for (let page = 0; page < CIPHERTEXT_PAGES; page++) plain.page(page, "full");
  const cipher = new ImageCipher({
    encryptionKey: NOISE.slice(0, 32),
    tweakKey: NOISE.slice(32, 64),
  });
  const fixed = Object.entries(bytes).map(([at, byte]) => [Number(at), byte] as const);
  const image = plain.bytes.slice();
  let [entries, resembling] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    // What was ciphertext is encrypted again: never the same bytes, and the same in every run.
    cipher.encryptOffsets(image, OFFSETS);
    const counted = fixed.length === 0 ? image : image.slice();
    for (const offset of OFFSETS) for (const [at, byte] of fixed) counted[offset + at] = byte;
    const evidence = headerEvidence(counted);
    assertEquals([evidence.filled, evidence.matching], [OFFSETS.length, 0]);
    entries += evidence.filled;
    resembling += evidence.resembling;
  }
  assert(image.length === CIPHERTEXT_PAGES * PAGE_SIZE && entries >= 1_000_000);
  return { entries, resembling };
}

/**
 * Entries as random as can be hardly ever resemble a header. With bytes set as
 * a header has them, whose part of the rate is known, they do often enough to
 * hold the rest of it against the computation.
 */
const MEASURED: readonly [name: string, bytes: Readonly<Record<number, number>>, rate: number][] = [
  ["all bytes random", {}, ONE],
  [
    "span 1, chunk index 255",
    { [ENTRY_AT.span]: 1, [ENTRY_AT.chunkIndex]: 0xFF },
    // i64, u64 and double; all others need further bytes.
    3 * BYTE,
  ],
  [
    "and the last 7 bytes 255",
    {
      [ENTRY_AT.span]: 1,
      [ENTRY_AT.chunkIndex]: 0xFF,
      ...Object.fromEntries([25, 26, 27, 28, 29, 30, 31].map((at) => [at, 0xFF])),
    },
    // Seven smaller numbers, twice each, and the three large ones; no data are of such a size.
    (2 + 2 + 3) * 2 * BYTE + 3 * BYTE,
  ],
  [
    "a blob chunk's type, span 2, unused bytes",
    { [ENTRY_AT.type]: 0x42, [ENTRY_AT.span]: 2, 26: 0xFF, 27: 0xFF },
    (125 / 126) * (32 / 0x10000) * (255 / 256),
  ],
  [
    "three letters and 8 NULs",
    Object.fromEntries(Array.from({ length: 11 }, (_, at) => [
      ENTRY_AT.key + (at < 3 ? at : at + 5),
      at < 3 ? 0x61 : 0,
    ])),
    // Up to 5 bytes of text are between them, then NULs: at least 8, which count twice.
    2 * sum(0, 5, (size) => textCount(size) * BYTE ** 5),
  ],
  [
    "9 letters and a NUL",
    Object.fromEntries(Array.from({ length: 10 }, (_, at) => [
      ENTRY_AT.key + (at < 9 ? at : 15),
      at < 9 ? 0x61 : 0,
    ])),
    // Up to 6 bytes of text are between them; with at most 3 of them the NULs are 4.
    sum(0, 6, (size) => textCount(size) * BYTE ** 6) +
    sum(0, 3, (size) => textCount(size) * BYTE ** 6),
  ],
];

for (const [name, bytes, rate] of MEASURED) {
  Deno.test(`a million ciphertext entries resemble headers as computed: ${name}`, () => {
    const { entries, resembling } = measure(bytes);
    const expected = entries * rate;
    console.log(`${resembling} of ${entries}, computed ${expected.toPrecision(3)}`);
    // Five standard deviations, as if all counted twice, and one more for rates near 0.
    assert(Math.abs(resembling - expected) < 5 * Math.sqrt(2 * expected) + 1);
  });
}
