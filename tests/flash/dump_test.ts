/** How a dump is told from an image. */

import { assert, assertEquals } from "@std/assert";
import { flashEvidence, isDump } from "../../src/flash/dump.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { seededRandom } from "../helpers.ts";
import { deviceImageFiles, vectorImageFiles } from "../report/image_files.ts";
import { flashDump, noise, partition, TABLE_OFFSET, tableBytes } from "./dumps.ts";

const TABLE = tableBytes([partition("nvs", 0x9000, 0x6000)]);
const IMAGE = encodePartition([
  { namespace: "n", key: "a", type: "blob", value: noise(0xA000) },
  { namespace: "n", key: "b", type: "string", value: "text" },
], { sizeBytes: 0x10000 });

function isDumpFile(bytes: Uint8Array, tableOffset = TABLE_OFFSET): boolean {
  return isDump(flashEvidence(bytes, tableOffset));
}

function withTable(image: Uint8Array, table = TABLE): Uint8Array {
  const copy = image.slice();
  copy.set(table, TABLE_OFFSET);
  return copy;
}

Deno.test("no image of Espressif's generator or of a device is a dump", () => {
  const images = [...vectorImageFiles(), ...deviceImageFiles()];
  assert(images.length > 40);
  for (const { name, path } of images) {
    const bytes = Deno.readFileSync(path);
    assertEquals(isDumpFile(bytes), false, name);
    for (let offset = 0x1000; offset < bytes.length; offset += 0x1000) {
      assertEquals(isDumpFile(bytes, offset), false, `${name}, table at ${offset}`);
    }
  }
});

const KINDS: [name: string, bytes: Uint8Array, isDump: boolean][] = [
  ["an image", IMAGE, false],
  ["an image with a sound table at 0x8000", withTable(IMAGE), false],
  ["the same, its first page erased", withTable(IMAGE).fill(0xFF, 0, 0x1000), false],
  ["a blank image", new Uint8Array(0x10000).fill(0xFF), false],
  ["zeros", new Uint8Array(0x10000), false],
  ["no bytes", new Uint8Array(0), false],
  ["an image whose pages in front are all damaged", IMAGE.slice().fill(0, 0, 0x8000), false],
  ["a dump", flashDump({ table: TABLE }), true],
  ["a dump with the bootloader at 0", flashDump({ table: TABLE, bootloaderOffset: 0 }), true],
  ["a dump without a bootloader", flashDump({ table: TABLE, bootloaderOffset: undefined }), true],
  ["a dump without a table", flashDump({}), true],
  ["a dump that ends in front of its table", flashDump({ sizeBytes: 0x7000 }), true],
  ["a dump with a damaged table", flashDump({ table: TABLE.with(70, 1) }), true],
  ["an encrypted dump", noise(0x20000), true],
  ["an encrypted dump that ends within its table", noise(0x8800), false],
];

for (const [name, bytes, expected] of KINDS) {
  Deno.test(`${name} is ${expected ? "a dump" : "an image"}`, () => {
    assertEquals(isDumpFile(bytes), expected);
  });
}

Deno.test("an image that was damaged by chance stays an image", () => {
  const random = seededRandom(6);
  for (let round = 0; round < 300; round++) {
    const image = IMAGE.slice();
    for (let fault = 0; fault < 20; fault++) {
      image[Math.floor(random() * image.length)] = Math.floor(random() * 0x100);
    }
    assertEquals(isDumpFile(image), false);
  }
});
