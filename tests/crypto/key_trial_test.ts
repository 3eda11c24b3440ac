/** Keys tried on an image by some of its entries: the same verdicts as the whole proof. */

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { unlockImage } from "../../src/crypto/image_proof.ts";
import { KeyTrial } from "../../src/crypto/key_trial.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";
import { ENTRY_COUNT, ENTRY_SIZE } from "../../src/nvs/constants.ts";
import { filledEntries } from "../../src/nvs/header_evidence.ts";
import { entryOffset } from "../../src/nvs/partition.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";
import { deviceImages, vectorImages } from "../nvs/test_images.ts";
import { keysIn, specimenFiles } from "./specimens.ts";

const KEYS = keysOf("a");
const OTHER_KEYS = keysOf("b");

function keysOf(seed: string): XtsKeys {
  const bytes = new Uint8Array(createHash("sha512").update(seed).digest());
  return { encryptionKey: bytes.slice(0, 32), tweakKey: bytes.slice(32) };
}

/** The rounds in which a key fits. */
function fittingRounds(image: Uint8Array, keys: XtsKeys): number[] {
  const trial = new KeyTrial(image);
  const rounds = Array.from({ length: trial.rounds }, (_, round) => round);
  return rounds.filter((round) => trial.fits(keys, round));
}

Deno.test("specimens, vectors and device images: a key fits in the first round or not at all", () => {
  const images = [
    ...specimenFiles().map(({ name, path, keysPath, wrongKeysPath }) => ({
      name,
      image: Deno.readFileSync(path),
      keys: keysIn(keysPath),
      wrongKeys: keysIn(wrongKeysPath),
    })),
    ...[...deviceImages(), ...vectorImages()].map(({ name, image }) => ({
      name,
      image: encryptImage(image, KEYS),
      keys: KEYS,
      wrongKeys: OTHER_KEYS,
    })),
  ];
  assert(images.length > 40);
  for (const { name, image, keys, wrongKeys } of images) {
    assertEquals(unlockImage(image, keys).kind, "encrypted", name);
    assertEquals(fittingRounds(image, keys)[0], 0, name);
    assertEquals(fittingRounds(image, wrongKeys), [], name);
  }
});

Deno.test("plain images have no key, blank ones not even a round", () => {
  for (const { name, image } of [...deviceImages(), ...vectorImages()]) {
    assertEquals(fittingRounds(image, KEYS), [], name);
  }
  const blank = [
    new Uint8Array(),
    new Uint8Array(0x3000).fill(0xFF),
    new ImageBuilder(3).page(0, "active").bytes,
  ];
  for (const image of blank) assertEquals(new KeyTrial(image).rounds, 0);
});

/** Sixteen full pages, with two headers each: at the beginning, and in the middle. */
const MIDDLE = 64;
const LARGE = largeImage();

function largeImage(): Uint8Array<ArrayBuffer> {
  const image = new ImageBuilder(16);
  for (let page = 0; page < 16; page++) {
    image.page(page, "full");
    for (const [entry, dataEntries] of [[0, 63], [MIDDLE, 61]] as const) {
      const value = new Uint8Array(dataEntries * ENTRY_SIZE).fill(page);
      image.data({ page, entry, key: `${page}-${entry}` }, "blob", value);
    }
  }
  return encryptImage(image.bytes, KEYS);
}

Deno.test("one sound header is found wherever it stands, far in the pages in a second round", () => {
  const offsets = filledEntries(LARGE);
  assertEquals([offsets.length, new KeyTrial(LARGE).rounds], [16 * ENTRY_COUNT, 2]);
  const damaged = LARGE.slice();
  for (const offset of offsets) damaged[offset + 16]! ^= 0x10;
  assertEquals(fittingRounds(damaged, KEYS), []);
  for (const [page, entry, round] of [[0, 0, 0], [15, 0, 0], [0, MIDDLE, 1], [15, MIDDLE, 1]]) {
    const at = entryOffset(page!, entry!);
    const image = damaged.slice();
    image.set(LARGE.subarray(at, at + ENTRY_SIZE), at);
    assertEquals(fittingRounds(image, KEYS), [round], `page ${page}, entry ${entry}`);
    assertEquals(fittingRounds(image, OTHER_KEYS), []);
  }
});

Deno.test("entries are looked at from the beginning of their pages on", () => {
  const image = new ImageBuilder(4).page(0, "full").page(1, "corrupt").page(2, "active");
  for (const page of [0, 1, 2]) {
    for (const entry of [0, 1, ENTRY_COUNT - 1]) image.number({ page, entry, key: "k" }, "u8", 1);
  }
  assertEquals(
    filledEntries(image.bytes),
    [0, 1, ENTRY_COUNT - 1].flatMap((entry) => [entryOffset(0, entry), entryOffset(2, entry)]),
  );
});
