/**
 * Makes the images of `encrypted-specimens/`: sound, encrypted, and yet with
 * bytes that resemble those of a plain image.
 *
 *     deno run --allow-write=testdata testdata/make_specimens.ts
 *
 * run from the repository root. Each image is made by this program's encoder
 * and encrypted with keys that follow from a seed, see {@linkcode keysOf}. The
 * seeds were found by trying all from 1 on; with `--search` they are looked
 * for again, which takes some minutes. Nothing here is secret.
 *
 * @module
 */

import { hash } from "node:crypto";
import { ImageCipher } from "../src/crypto/image_cipher.ts";
import { encodeKeyPartition } from "../src/crypto/key_partition.ts";
import type { XtsKeys } from "../src/crypto/xts.ts";
import { ENTRY_AT, ENTRY_COUNT, ENTRY_SIZE, ITEM_TYPE, PAGE_SIZE } from "../src/nvs/constants.ts";
import { headerEvidence } from "../src/nvs/header_evidence.ts";
import type { Item } from "../src/nvs/item.ts";
import { encodePartition, entryOffset } from "../src/nvs/partition.ts";
import { pattern } from "./make.ts";

/** Entries in a row of `eleven-in-a-row.bin` that look like headers. */
const IN_A_ROW = 11;
/** Entry on page 0 of the first of them: behind the namespace and the blob's header. */
const FIRST_IN_A_ROW = 2;
/** Seed of the key that `another-key.bin` is encrypted with. */
const ANOTHER_KEY_SEED = 0;

/** The keys of a seed: the SHA-256 of "encryption 7" and of "tweak 7". */
export function keysOf(seed: number): XtsKeys {
  return {
    encryptionKey: hash("sha256", `encryption ${seed}`, "buffer"),
    tweakKey: hash("sha256", `tweak ${seed}`, "buffer"),
  };
}

/**
 * Whether one written entry, the first of its page, is enough to take an image
 * for plain: it has the type and the NUL behind its key that headers have.
 */
export function hasLikelyFirstEntry(image: Uint8Array, usedPages: readonly number[]): boolean {
  return usedPages.some((page) => isLikelyHeader(image, entryOffset(page, 0)));
}

function isLikelyHeader(image: Uint8Array, offset: number): boolean {
  const key = image.subarray(offset + ENTRY_AT.key, offset + ENTRY_AT.data);
  const keySize = key.indexOf(0);
  return Object.values(ITEM_TYPE).some((type) => type === image[offset + ENTRY_AT.type]) &&
    keySize > 0 && key.subarray(keySize).every((byte) => byte === 0);
}

/** A specimen, and how its seed is told from others. */
interface Specimen {
  plain: Uint8Array;
  /** The first seed, from 1 on, with the property. */
  seed: number;
  /** Entries to look at: of all pages in use, the first; or all. */
  looksAt: "first entries" | "all entries";
  /** Judges the encrypted image; of `another-key`, the image decrypted with the seed's keys. */
  hasProperty: (image: Uint8Array) => boolean;
}

const few: Item[] = [
  { namespace: "device", key: "serial", type: "string", value: "SN-000481" },
  { namespace: "device", key: "channel", type: "u8", value: 11 },
  { namespace: "device", key: "boots", type: "u32", value: 0 },
];
const someMore: Item[] = [...few, {
  namespace: "device",
  key: "cert",
  type: "blob",
  value: pattern(0x03, 5000),
}];
const many: Item[] = [...few, {
  namespace: "device",
  key: "table",
  type: "blob",
  value: pattern(0x04, 33_000),
}];
const full: Item[] = [...few, {
  namespace: "device",
  key: "cert",
  type: "blob",
  value: pattern(0x05, 7500),
}];

const onPage = (...pages: number[]) => (image: Uint8Array) => hasLikelyFirstEntry(image, pages);

/** What each specimen is made of, by its name; `testdata/README.md` says what each shows. */
export const SPECIMENS: Readonly<Record<string, Specimen>> = {
  "first-page": {
    plain: encodePartition(few, { sizeBytes: 0x3000 }),
    seed: 6160,
    looksAt: "first entries",
    hasProperty: onPage(0),
  },
  "first-page-v1": {
    plain: encodePartition(few, { sizeBytes: 0x1000, formatVersion: 1 }),
    seed: 564_832,
    looksAt: "first entries",
    hasProperty: (image) => onPage(0)(image) && image[entryOffset(0, 0) + ENTRY_AT.span] === 1,
  },
  "second-page": {
    plain: encodePartition(someMore, { sizeBytes: 0x3000 }),
    seed: 2007,
    looksAt: "first entries",
    hasProperty: onPage(1),
  },
  "two-of-ten-pages": {
    plain: encodePartition(many, { sizeBytes: 0xA000 }),
    seed: 3_039_869,
    looksAt: "first entries",
    hasProperty: (image) =>
      [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((page) => onPage(page)(image)).length > 1,
  },
  "one-resemblance": {
    plain: encodePartition(full, { sizeBytes: 0x3000 }),
    seed: 22_428,
    looksAt: "all entries",
    hasProperty: (image) => headerEvidence(image).resembling > 0,
  },
  "eleven-in-a-row": {
    plain: encodePartition([{
      namespace: "device",
      key: "cert",
      type: "blob",
      value: pattern(0x06, IN_A_ROW * ENTRY_SIZE),
    }], { sizeBytes: 0x3000 }),
    seed: 6160,
    looksAt: "first entries",
    hasProperty: onPage(0),
  },
  "another-key": {
    plain: encodePartition(few, { sizeBytes: 0x3000 }),
    seed: 3443,
    looksAt: "first entries",
    hasProperty: onPage(0),
  },
};

/** The files of the folder by name: `<specimen>.bin`, its key partition, and another one. */
export function specimenFiles(): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, specimen] of Object.entries(SPECIMENS)) {
    const isOfAnotherKey = name === "another-key";
    const seed = isOfAnotherKey ? ANOTHER_KEY_SEED : specimen.seed;
    files.set(`${name}.bin`, specimenImage(name, seed));
    files.set(`${name}.keys.bin`, encodeKeyPartition(keysOf(seed)));
    const wrongSeed = isOfAnotherKey ? specimen.seed : specimen.seed + 1;
    files.set(`${name}.wrong-keys.bin`, encodeKeyPartition(keysOf(wrongSeed)));
  }
  return files;
}

function specimenImage(name: string, seed: number): Uint8Array<ArrayBuffer> {
  const { plain } = SPECIMENS[name]!;
  const cipher = new ImageCipher(keysOf(seed));
  const image = name === "eleven-in-a-row" ? withBlobInARow(cipher) : new Uint8Array(plain);
  cipher.encryptOffsets(image, entriesOf(plain));
  return image;
}

/**
 * The plain image whose blob becomes, encrypted, eleven entries with types of
 * items and with keys of 15 bytes and a NUL, though these are no text.
 */
function withBlobInARow(cipher: ImageCipher): Uint8Array<ArrayBuffer> {
  const wanted = new Uint8Array(PAGE_SIZE).fill(0xFF);
  const { float: _float, double: _double, ...knownToAllDevices } = ITEM_TYPE;
  const types = Object.values(knownToAllDevices);
  for (let row = 0; row < IN_A_ROW; row++) {
    const entry = pattern(0x81 + row, ENTRY_SIZE);
    entry[ENTRY_AT.type] = types[row % types.length]!;
    entry[ENTRY_AT.data - 1] = 0;
    wanted.set(entry, entryOffset(0, FIRST_IN_A_ROW + row));
  }
  const blob = cipher.decrypt(wanted).slice(
    entryOffset(0, FIRST_IN_A_ROW),
    entryOffset(0, FIRST_IN_A_ROW + IN_A_ROW),
  );
  const items: Item[] = [{ namespace: "device", key: "cert", type: "blob", value: blob }];
  return encodePartition(items, { sizeBytes: 0x3000 });
}

/** Byte offsets of the entries that are filled; the encoder fills a page from its beginning. */
function entriesOf(plain: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let page = 0; (page + 1) * PAGE_SIZE <= plain.length; page++) {
    for (let entry = 0; entry < ENTRY_COUNT; entry++) {
      const offset = entryOffset(page, entry);
      if (plain.subarray(offset, offset + ENTRY_SIZE).some((byte) => byte !== 0xFF)) {
        offsets.push(offset);
      }
    }
  }
  return offsets;
}

/** The first seed, from 1 on, that gives a specimen its property. */
function searchSeed(name: string): number {
  const { plain, looksAt, hasProperty } = SPECIMENS[name]!;
  const offsets = entriesOf(plain).filter((offset) =>
    looksAt === "all entries" || offset % PAGE_SIZE === entryOffset(0, 0)
  );
  const encrypted = specimenImage(name, ANOTHER_KEY_SEED);
  const image = new Uint8Array(plain);
  for (let seed = 1;; seed++) {
    const cipher = new ImageCipher(keysOf(seed));
    if (name === "another-key") {
      if (hasProperty(cipher.decrypt(encrypted))) return seed;
      continue;
    }
    for (const at of offsets) image.set(plain.subarray(at, at + ENTRY_SIZE), at);
    cipher.encryptOffsets(image, offsets);
    if (hasProperty(image)) return seed;
  }
}

if (import.meta.main) {
  if (Deno.args.includes("--search")) {
    for (const name of Object.keys(SPECIMENS)) console.log(`${name}: ${searchSeed(name)}`);
  } else {
    for (const [name, bytes] of specimenFiles()) {
      Deno.writeFileSync(new URL(`encrypted-specimens/${name}`, import.meta.url), bytes);
      console.log(`testdata/encrypted-specimens/${name}: ${bytes.length} bytes`);
    }
  }
}
