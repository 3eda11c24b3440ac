/** A key and an image: encrypted with it, with another one, or not at all. */

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { encodePartition, type FormatVersion, type Item } from "../../mod.ts";
import { decryptImage, encryptImage, ImageCipher } from "../../src/crypto/image_cipher.ts";
import { type Unlocked, unlockImage } from "../../src/crypto/image_proof.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";
import { ENTRY_COUNT, ENTRY_SIZE, ENTRY_TABLE_OFFSET, PAGE_SIZE } from "../../src/nvs/constants.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import { looksEncrypted } from "../../src/nvs/looks_encrypted.ts";
import { entryOffset } from "../../src/nvs/partition.ts";
import { hasLikelyFirstEntry, SPECIMENS } from "../../testdata/make_specimens.ts";
import { drawnBytes, projectPath, sameBytes, seededRandom } from "../helpers.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";
import { deviceImages, vectorImages } from "../nvs/test_images.ts";
import { keysIn, specimenFiles } from "./specimens.ts";

const KEYS: XtsKeys = keysOf("a");
const OTHER_KEYS: XtsKeys = keysOf("b");

function keysOf(seed: string | number): XtsKeys {
  const bytes = new Uint8Array(createHash("sha512").update(`${seed}`).digest());
  return { encryptionKey: bytes.slice(0, 32), tweakKey: bytes.slice(32) };
}

const kindOf = (image: Uint8Array, keys: XtsKeys): Unlocked["kind"] =>
  unlockImage(image, keys).kind;

function bytesOf(sizeBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  return drawnBytes(seededRandom(seed), sizeBytes);
}

const specimens = specimenFiles();

Deno.test("there are specimens", () => {
  assertEquals(specimens.map(({ name }) => name), Object.keys(SPECIMENS).sort());
});

for (const { name, path, keysPath, wrongKeysPath } of specimens) {
  Deno.test(`specimen ${name}: encrypted with its key, with another one and without`, () => {
    const image = Deno.readFileSync(path);
    const { hasProperty } = SPECIMENS[name]!;
    const [keys, wrongKeys] = [keysIn(keysPath), keysIn(wrongKeysPath)];
    // It is what it is there for, or this test shows nothing.
    const looked = name === "another-key" ? decryptImage(image, wrongKeys) : image;
    assert(hasProperty(looked));

    const unlocked = unlockImage(image, keys);
    assert(unlocked.kind === "encrypted");
    const { findings, entries } = decodePartition(unlocked.plain);
    assertEquals([findings, entries.length > 0], [[], true]);
    assertEquals(unlockImage(image, new ImageCipher(keys)), unlocked);
    assertEquals(kindOf(image, wrongKeys), "wrong-key");
    assertEquals(looksEncrypted(image), true);
    assertEquals(looksEncrypted(decryptImage(image, wrongKeys)), true);
    assertEquals(looksEncrypted(unlocked.plain), false);
    assertEquals(kindOf(unlocked.plain, keys), "plain");
  });
}

Deno.test("every vector and device image is judged right with its key and with others", () => {
  const ofDevice = keysIn(projectPath("testdata/device-images/worn-encrypted.keys.bin"));
  for (const { name, image, stored } of [...deviceImages(), ...vectorImages()]) {
    assertEquals(kindOf(image, KEYS), "plain", name);
    const isEncrypted = stored !== image;
    assertEquals(kindOf(stored, OTHER_KEYS), isEncrypted ? "wrong-key" : "plain", name);
    if (name === "worn-encrypted") {
      assertEquals(unlockImage(stored, ofDevice), { kind: "encrypted", plain: image.slice() });
    }
    const encrypted = encryptImage(image, KEYS);
    assertEquals(kindOf(encrypted, KEYS), "encrypted", name);
    assertEquals(kindOf(encrypted, OTHER_KEYS), "wrong-key", name);
  }
});

const ITEMS: Item[] = [
  { namespace: "device", key: "serial", type: "string", value: "SN-0001" },
  { namespace: "device", key: "channel", type: "u8", value: 11 },
  { namespace: "device", key: "id", type: "u64", value: 1n },
  { namespace: "device", key: "cert", type: "blob", value: bytesOf(700, 1) },
];
const PLAIN = encodePartition(ITEMS, { sizeBytes: 0x3000 });
const ENCRYPTED = encryptImage(PLAIN, KEYS);
/** Entries on page 0 that hold headers: the namespace, the items, and the blob's index. */
const HEADERS = [0, 1, 3, 4, 5, 28];

Deno.test("the plain image has headers where the tests damage them", () => {
  const { entries, pages } = decodePartition(PLAIN);
  assertEquals(entries.map(({ entry }) => entry), [1, 3, 4, 5]);
  assertEquals(pages[0]!.used, 29);
});

const DAMAGES: readonly [name: string, damage: (image: Uint8Array) => void][] = [
  ["all headers but the last damaged", (image) => damageEntries(image, HEADERS.slice(0, -1))],
  ["all headers but the first damaged", (image) => damageEntries(image, HEADERS.slice(1))],
  ["all entries erased", (image) => {
    image.fill(0, ENTRY_TABLE_OFFSET, ENTRY_TABLE_OFFSET + 7);
    image[ENTRY_TABLE_OFFSET + 7] = 0xFC;
  }],
  ["half of it overwritten with zeroes", (image) => {
    image.fill(0, entryOffset(0, 2), entryOffset(0, 29));
  }],
  ["the last entry half blank", (image) => {
    image.fill(0xFF, entryOffset(0, 28) + ENTRY_SIZE / 2, entryOffset(0, 29));
  }],
  ["cut behind the first page", (image) => {
    image.fill(0xFF, PAGE_SIZE);
  }],
];

function damageEntries(image: Uint8Array, entries: readonly number[]): void {
  for (const entry of entries) image[entryOffset(0, entry) + 16]! ^= 0x10;
}

for (const [name, damage] of DAMAGES) {
  Deno.test(`one sound header proves a key: ${name}`, () => {
    const image = ENCRYPTED.slice();
    damage(image);
    assertEquals(unlockImage(image, KEYS), {
      kind: "encrypted",
      plain: decryptImage(image, KEYS),
    });
    assertEquals(kindOf(image, OTHER_KEYS), "wrong-key");
    assertEquals(looksEncrypted(image), true);
    const plain = PLAIN.slice();
    damage(plain);
    assertEquals(kindOf(plain, KEYS), "plain");
    assertEquals(looksEncrypted(plain), false);
  });
}

Deno.test("no image without a sound header is called encrypted with the key", () => {
  const image = ENCRYPTED.slice();
  damageEntries(image, Array.from({ length: 29 }, (_, entry) => entry));
  assertEquals(kindOf(image, KEYS), "wrong-key");
});

Deno.test("a plain image whose headers are all damaged, in any byte, is still plain", () => {
  for (let at = 0; at < ENTRY_SIZE; at++) {
    for (const bits of [0x01, 0x80, 0xFF]) {
      const image = PLAIN.slice();
      for (const entry of HEADERS) image[entryOffset(0, entry) + at]! ^= bits;
      assertEquals(looksEncrypted(image), false, `byte ${at}, ${bits}`);
      assertEquals(kindOf(image, KEYS), "plain", `byte ${at}, ${bits}`);
    }
  }
});

Deno.test("data that were chosen to look like headers do not outdo the image's own", () => {
  // Eleven sound headers in a row, as they would stand in the blob of an image.
  const decoys = new ImageBuilder(1);
  for (let entry = 2; entry < 13; entry++) decoys.number({ entry, key: `k${entry}` }, "u32", 7);
  const itemsWith = (image: Uint8Array): Item[] => [{
    namespace: "device",
    key: "cert",
    type: "blob",
    value: image.slice(entryOffset(0, 2), entryOffset(0, 13)),
  }];
  const options = { sizeBytes: 0x3000 };
  const encrypted = encryptImage(
    encodePartition(itemsWith(decryptImage(decoys.bytes, KEYS)), options),
    KEYS,
  );
  const at = [entryOffset(0, 2), entryOffset(0, 13)] as const;
  assertEquals(encrypted.subarray(...at), decoys.bytes.subarray(...at));
  assertEquals(kindOf(encrypted, KEYS), "encrypted");
  const hidden = decoys.bytes.slice();
  for (let entry = 2; entry < 13; entry++) decoys.state(0, entry, "written");
  new ImageCipher(KEYS).encryptOffsets(
    hidden,
    Array.from({ length: 11 }, (_, row) => entryOffset(0, 2 + row)),
  );
  const plain = encodePartition(itemsWith(hidden), options);
  assertEquals(kindOf(plain, KEYS), "plain");
});

Deno.test("an image without a filled entry in a page in use is blank", () => {
  const cases = [
    new Uint8Array(),
    new Uint8Array(0x3000),
    new Uint8Array(0x3000).fill(0xFF),
    bytesOf(0x3000, 2),
    new ImageBuilder(3).page(0, "active").bytes,
    ENCRYPTED.slice(0, PAGE_SIZE - 1),
  ];
  for (const image of cases) assertEquals(kindOf(image, KEYS), "blank");
});

Deno.test("a flipped bit or an unfinished write on an empty page is no encryption", () => {
  for (const filledBytes of [1, ENTRY_SIZE / 2]) {
    const image = new ImageBuilder(3).page(0, "active").bytes;
    image.set(bytesOf(filledBytes, 3), entryOffset(0, 0));
    assertEquals([looksEncrypted(image), kindOf(image, KEYS)], [false, "plain"]);
  }
});

const IMAGE_COUNT = 60_000;

/** Layouts of 1 to 10 pages: mostly small, from one entry to full pages, in both versions. */
function layouts(): { plain: Uint8Array<ArrayBuffer>; weight: number }[] {
  const shapes: [pageCount: number, blobBytes: number, weight: number][] = [
    [1, 0, 400],
    [3, 0, 800],
    [1, 900, 300],
    [3, 300, 500],
    [3, 1900, 300],
    [3, 6500, 60],
    [5, 13_000, 20],
    [10, 30_000, 10],
  ];
  return shapes.flatMap(([pageCount, blobBytes, weight], index) =>
    ([1, 2] as const).map((formatVersion: FormatVersion) => {
      const items: Item[] = [...ITEMS.slice(0, index % 4)];
      items.push({ namespace: "more", type: "namespace" });
      const partBytes = formatVersion === 1 ? 1700 : blobBytes;
      for (let from = 0; from < blobBytes; from += partBytes) {
        const value = bytesOf(Math.min(partBytes, blobBytes - from), index);
        items.push({ namespace: "more", key: `b${from}`, type: "blob", value });
      }
      const plain = encodePartition(items, { sizeBytes: pageCount * PAGE_SIZE, formatVersion });
      return { plain, weight };
    })
  );
}

Deno.test(`of ${IMAGE_COUNT} images under random keys none is misjudged`, () => {
  const drawn = layouts().map(({ plain, weight }) => {
    const offsets: number[] = [];
    const usedPages: number[] = [];
    for (let page = 0; page * PAGE_SIZE < plain.length; page++) {
      const before = offsets.length;
      for (let entry = 0; entry < ENTRY_COUNT; entry++) {
        const at = entryOffset(page, entry);
        if (plain.subarray(at, at + ENTRY_SIZE).some((byte) => byte !== 0xFF)) offsets.push(at);
      }
      if (offsets.length > before) usedPages.push(page);
    }
    return { plain, weight, offsets, usedPages, buffer: plain.slice() };
  });
  const totalWeight = drawn.reduce((sum, { weight }) => sum + weight, 0);

  const random = seededRandom(200_000);
  const misjudged: string[] = [];
  const judge = (image: number, isRight: boolean, as: string) => {
    if (!isRight) misjudged.push(`image ${image} with ${as}`);
  };
  let other = new ImageCipher(OTHER_KEYS);
  let withLikelyFirstEntry = 0;
  for (let image = 0; image < IMAGE_COUNT; image++) {
    let draw = random() * totalWeight;
    const { plain, offsets, usedPages, buffer } = drawn.find(({ weight }) => (draw -= weight) < 0)!;
    const cipher = new ImageCipher(keysOf(image));
    buffer.set(plain);
    cipher.encryptOffsets(buffer, offsets);
    if (hasLikelyFirstEntry(buffer, usedPages)) withLikelyFirstEntry++;
    judge(image, looksEncrypted(buffer), "no key");
    judge(image, unlockImage(buffer, other).kind === "wrong-key", "a wrong key");
    const unlocked = unlockImage(buffer, cipher);
    judge(image, unlocked.kind === "encrypted" && sameBytes(unlocked.plain, plain), "its key");
    other[Symbol.dispose]();
    other = cipher;
  }
  other[Symbol.dispose]();
  console.log(`${withLikelyFirstEntry} images have a first entry like a header`);
  assertEquals(misjudged, []);
  assert(withLikelyFirstEntry > 5);
});
