import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { encodePartition, type Item } from "../../mod.ts";
import { decryptImage, encryptImage, ImageCipher } from "../../src/crypto/image_cipher.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { XtsCipher } from "../../src/crypto/xts.ts";
import { projectPath } from "../helpers.ts";

const KEYS = {
  encryptionKey: Uint8Array.from({ length: 32 }, (_, index) => index),
  tweakKey: Uint8Array.from({ length: 32 }, (_, index) => 0xFF - index),
};

const ITEMS: Item[] = [
  { namespace: "n", key: "a", type: "u64", value: 2n ** 64n - 1n },
  { namespace: "n", key: "b", type: "string", value: "hello ".repeat(50) },
  { namespace: "m", key: "c", type: "blob", value: new Uint8Array(9000).fill(0x5A) },
  // Entries of data that are all 0xFF: written, though they look empty.
  { namespace: "m", key: "ff", type: "blob", value: new Uint8Array(300).fill(0xFF) },
];
const IMAGE = encodePartition(ITEMS, { sizeBytes: 0x6000 });
const ENCRYPTED = encryptImage(IMAGE, KEYS);

/** Offsets of the entries that the bitmaps call written. */
function writtenEntries(image: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let page = 0; page < image.length; page += 4096) {
    for (let entry = 0; entry < 126; entry++) {
      const state = image[page + 32 + (entry >> 2)]! >> (entry & 3) * 2 & 3;
      if (state === 0b10) offsets.push(page + 64 + entry * 32);
    }
  }
  return offsets;
}

Deno.test("each written entry is a data unit under the tweak of its offset; nothing else changes", () => {
  const xts = new XtsCipher(KEYS);
  const expected = new Uint8Array(IMAGE);
  const offsets = writtenEntries(IMAGE);
  assert(offsets.length > 290, `only ${offsets.length} entries`);
  for (const offset of offsets) {
    const tweak = new Uint8Array(16);
    new DataView(tweak.buffer).setUint32(0, offset, true);
    xts.encrypt(expected.subarray(offset, offset + 32), xts.masks(tweak, 32));
  }
  assertEquals(ENCRYPTED, expected);
});

Deno.test("decrypting gives the plain image back, entries of all 0xFF too", () => {
  assertEquals(decryptImage(ENCRYPTED, KEYS), IMAGE);
});

Deno.test("neither changes the image given", () => {
  const copy = new Uint8Array(IMAGE);
  const encrypted = encryptImage(copy, KEYS);
  assertEquals(copy, IMAGE);
  decryptImage(encrypted, KEYS);
  assertEquals(encrypted, ENCRYPTED);
});

Deno.test("one cipher takes images of other shapes in turn", () => {
  const small = encodePartition(ITEMS.slice(0, 2), { sizeBytes: 0x3000 });
  const cipher = new ImageCipher(KEYS);
  for (const image of [IMAGE, small, small, IMAGE]) {
    assertEquals(cipher.decrypt(encryptImage(image, KEYS)), image);
    const entriesPerPage = [0, 1, 2, 3, 4, 5]
      .map((page) => writtenEntries(image).filter((at) => Math.floor(at / 4096) === page).length);
    const inPlace = new Uint8Array(image);
    cipher.encrypt(inPlace, entriesPerPage);
    assertEquals(inPlace, encryptImage(image, KEYS));
  }
});

Deno.test("the same entry at two places is encrypted to different bytes", () => {
  const zeros: Item = { namespace: "n", key: "z", type: "blob", value: new Uint8Array(64) };
  const image = encryptImage(encodePartition([zeros], { sizeBytes: 0x3000 }), KEYS);
  const entryAt = (entry: number) => image.slice(64 + entry * 32, 96 + entry * 32);
  assertNotEquals(entryAt(2), entryAt(3));
  assertNotEquals(entryAt(2).slice(0, 16), entryAt(2).slice(16));
});

Deno.test("an image without pages in use stays as it is", () => {
  const blank = new Uint8Array(0x3000).fill(0xFF);
  assertEquals(encryptImage(blank, KEYS), blank);
  assertEquals(decryptImage(blank, KEYS), blank);
});

Deno.test("Espressif's encrypted images decrypt to its plain ones, and back", () => {
  const vectors = projectPath("testdata/vectors");
  const keys = decodeKeyPartition(Deno.readFileSync(`${vectors}/all-types-inputkey/in/keys.bin`));
  for (const device of ["Dev-1", "Dev-2", "Dev-3"]) {
    const encrypted = Deno.readFileSync(`${vectors}/all-types-inputkey/out/bin/${device}.bin`);
    const plain = Deno.readFileSync(`${vectors}/all-types/out/bin/${device}.bin`);
    assertEquals(decryptImage(encrypted, keys), new Uint8Array(plain), device);
    assertEquals(encryptImage(plain, keys), new Uint8Array(encrypted), device);
  }
});
