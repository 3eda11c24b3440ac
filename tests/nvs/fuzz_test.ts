import { assert, assertEquals } from "@std/assert";
import { ENTRY_COUNT, ENTRY_SIZE, PAGE_SIZE } from "../../src/nvs/constants.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import type { DecodedPartition } from "../../src/nvs/decoded.ts";
import { diffPartitions } from "../../src/nvs/diff.ts";
import { FINDING_RULES } from "../../src/nvs/findings.ts";
import { looksEncrypted } from "../../src/nvs/looks_encrypted.ts";
import { seededRandom } from "../helpers.ts";
import { assertLinear, TIMES } from "../linear_time.ts";
import { deviceImages, vectorImages } from "./test_images.ts";

const ROUNDS = 20_000;
/** Longest that one image may take to decode; all but a few take a thousandth of it. */
const LIMIT_MS = 250;
/** The machine may do something else meanwhile: the least time of so many counts. */
const MAX_TIMES = 5;

/** Whole numbers and choices of a PRNG. */
class SeededRandom {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

type Corruption = (image: Uint8Array, random: SeededRandom) => Uint8Array;

const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  flipBits(image, random) {
    for (let flips = 1 + random.below(16); flips > 0; flips--) {
      image[random.below(image.length)]! ^= 1 << random.below(8);
    }
    return image;
  },
  /** Headers and bitmaps are a hundredth of the image, but decide about the rest. */
  flipHeaderBits(image, random) {
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const page = offsetOfRandomPage(image, random);
      image[page + random.below(2 * ENTRY_SIZE)]! ^= 1 << random.below(8);
    }
    return image;
  },
  zeroRange: (image, random) => fillRange(image, random, 0x00),
  blankRange: (image, random) => fillRange(image, random, 0xFF),
  randomRange(image, random) {
    const start = random.below(image.length);
    const end = Math.min(image.length, start + random.below(2 * PAGE_SIZE));
    for (let at = start; at < end; at++) image[at] = random.below(0x100);
    return image;
  },
  swapPages(image, random) {
    const a = offsetOfRandomPage(image, random);
    const b = offsetOfRandomPage(image, random);
    const page = image.slice(a, a + PAGE_SIZE);
    image.copyWithin(a, b, b + PAGE_SIZE);
    image.set(page, b);
    return image;
  },
  copyPage(image, random) {
    const from = offsetOfRandomPage(image, random);
    image.copyWithin(offsetOfRandomPage(image, random), from, from + PAGE_SIZE);
    return image;
  },
  truncate: (image, random) => image.subarray(0, random.below(image.length)),
  append(image, random) {
    const longer = new Uint8Array(image.length + random.below(3 * PAGE_SIZE));
    longer.fill(random.pick([0x00, 0xFF]));
    longer.set(image);
    return longer;
  },
  /** Sound entries in wrong places: nothing but their order and number gives them away. */
  spliceEntries(image, random) {
    const other = random.pick(sources);
    for (let entries = 1 + random.below(40); entries > 0; entries--) {
      const from = offsetOfRandomEntry(other, random);
      image.set(other.subarray(from, from + ENTRY_SIZE), offsetOfRandomEntry(image, random));
    }
    return image;
  },
  splicePage(image, random) {
    const other = random.pick(sources);
    const from = offsetOfRandomPage(other, random);
    const to = offsetOfRandomPage(image, random);
    image.set(other.subarray(from, from + PAGE_SIZE), to);
    return image;
  },
};

const sources = [...deviceImages(), ...vectorImages()].flatMap(({ image, stored }) =>
  image === stored ? [image] : [image, stored]
);

function fillRange(image: Uint8Array, random: SeededRandom, byte: number): Uint8Array {
  const start = random.below(image.length);
  return image.fill(byte, start, start + 1 + random.below(PAGE_SIZE));
}

/** Byte offset of a whole page. */
function offsetOfRandomPage(image: Uint8Array, random: SeededRandom): number {
  return random.below(Math.floor(image.length / PAGE_SIZE)) * PAGE_SIZE;
}

/** Byte offset of an entry in a whole page. */
function offsetOfRandomEntry(image: Uint8Array, random: SeededRandom): number {
  const page = offsetOfRandomPage(image, random);
  return page + (2 + random.below(ENTRY_COUNT)) * ENTRY_SIZE;
}

function assertShape(decoded: DecodedPartition, sizeBytes: number): void {
  const { stats, pages, findings, entries } = decoded;
  const pageCount = Math.floor(sizeBytes / PAGE_SIZE);
  assertEquals(decoded.sizeBytes, sizeBytes);
  assertEquals(pages.length, pageCount);
  assertEquals(stats.total, pageCount * ENTRY_COUNT);
  assertEquals(stats.used + stats.free, stats.total);
  assert(stats.available >= 0);
  for (const { cells, used, erased, empty } of pages) {
    assertEquals(cells.length, ENTRY_COUNT);
    for (let entry = 0; entry < ENTRY_COUNT; entry++) {
      const start = cells[entry]?.itemStart;
      assert(start !== undefined && start <= entry);
    }
    assert(used + erased + empty <= ENTRY_COUNT);
  }
  for (const { rule, page = 0, entry = 0, message } of findings) {
    assert(rule in FINDING_RULES && message !== "");
    assert(page >= 0 && (page < pageCount || pageCount === 0) && entry < ENTRY_COUNT);
  }
  for (const { key, page, entry, span } of entries) {
    assert(key !== "" && page < pageCount && entry < ENTRY_COUNT && span > 0);
  }
}

Deno.test(`decodePartition() answers to ${ROUNDS} corrupted images`, () => {
  const random = new SeededRandom(20_000);
  const corruptions = Object.values(CORRUPTIONS);
  let slowestMs = 0;
  let withFindings = 0;
  let previous = decodePartition(new Uint8Array());
  for (let round = 0; round < ROUNDS; round++) {
    let image = random.pick(sources).slice();
    for (let times = 1 + random.below(3); times > 0 && image.length >= PAGE_SIZE; times--) {
      image = random.pick(corruptions)(image, random).slice();
    }
    let decoded = previous;
    let leastMs = Infinity;
    for (let times = 0; times < MAX_TIMES && leastMs > LIMIT_MS; times++) {
      const start = performance.now();
      decoded = decodePartition(image);
      leastMs = Math.min(leastMs, performance.now() - start);
    }
    slowestMs = Math.max(slowestMs, leastMs);
    assertShape(decoded, image.length);
    if (decoded.findings.length > 0) withFindings++;
    looksEncrypted(image);
    if (round % 16 === 0) assertEquals(diffPartitions(decoded, decoded), []);
    diffPartitions(previous, decoded);
    previous = decoded;
  }
  console.log(
    `${withFindings} of ${ROUNDS} have findings; the slowest took ${slowestMs.toFixed(1)} ms`,
  );
  assert(slowestMs < LIMIT_MS);
});

Deno.test("decodePartition() answers to random bytes of every length up to two entries", () => {
  const random = new SeededRandom(1);
  for (let sizeBytes = 0; sizeBytes <= 2 * ENTRY_SIZE; sizeBytes++) {
    const image = Uint8Array.from({ length: sizeBytes }, () => random.below(0x100));
    assertEquals(decodePartition(image).findings.map(({ rule }) => rule), ["image-size"]);
  }
});

Deno.test("decodePartition() takes time in proportion to the size of an image full of faults", async () => {
  // Every page a copy of one: each of its entries is a duplicate of all others.
  const page = sources[0]!.subarray(0, PAGE_SIZE);
  const images = ([256 / TIMES, 256] as const).map((pageCount) => {
    const image = new Uint8Array(pageCount * PAGE_SIZE);
    for (let at = 0; at < image.length; at += PAGE_SIZE) image.set(page, at);
    return image;
  });
  await assertLinear((which) => {
    assert(decodePartition(images[which]!).findings.length > 1000 / TIMES);
  });
});
