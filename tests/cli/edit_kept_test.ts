/** `edit`: images of which a fresh one could lose something, or show it. */

import { assertEquals, assertMatch } from "@std/assert";
import { decryptImage, encodePartition, type Item } from "../../mod.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { ENTRY_AT, PAGE_AT } from "../../src/nvs/constants.ts";
import { entryHeaderCrc32, pageHeaderCrc32 } from "../../src/nvs/crc32.ts";
import { offsetOfEntry } from "../../src/nvs/decode_items.ts";
import { REJECTED } from "../helpers.ts";
import { edited, valuesOf } from "./edit_run.ts";
import { KEY_PARTITION } from "./key_files.ts";

const SIZE = { sizeBytes: 0x4000 };

/** Writes over the key or the number of an entry of page 0, and mends the header's CRC. */
function patched(image: Uint8Array, entry: number, at: number, bytes: readonly number[]) {
  const start = offsetOfEntry(0, entry);
  image.set(bytes, start + at);
  const view = new DataView(image.buffer);
  view.setUint32(start + ENTRY_AT.crc32, entryHeaderCrc32(image, start), true);
  return image;
}

Deno.test("what a fresh image cannot hold as it is stored is refused, and may be removed", async () => {
  const items: Item[] = [
    { namespace: "a", key: "f", type: "float", value: 1 },
    { namespace: "a", key: "kkkkk", type: "u8", value: 1 },
  ];
  const fresh = () => encodePartition(items, SIZE);
  const notUtf8 = [0xE0, 0xE1, 0xE2, 0xE3, 0xE4];
  for (
    const [image, says, remove] of [
      [
        patched(fresh(), 2, ENTRY_AT.key, notUtf8),
        /in\.bin: key "\\xe0.*is not UTF-8.*--unset/,
        "a:\\xe0\\xe1\\xe2\\xe3\\xe4",
      ],
      [
        patched(fresh(), 1, ENTRY_AT.data, [0x45, 0x23, 0xC1, 0xFF]),
        /in\.bin: key "f": the value is NaN/,
        "a:f",
      ],
      [
        patched(fresh(), 0, ENTRY_AT.key, [0xFF]),
        /in\.bin: namespace "\\xff" is not UTF-8/,
        undefined,
      ],
    ] as const
  ) {
    const { code, stderr, image: none } = await edited(image, ["--set", "b:k:u8=1"]);
    assertEquals([code, none], [REJECTED, undefined]);
    assertMatch(stderr, says);
    if (remove === undefined) continue;
    const without = await edited(image, ["--set", "b:k:u8=1", "--unset", remove]);
    assertEquals(without.code, 0, without.stderr);
    assertEquals(Object.keys(valuesOf(without.image!)).length, 2);
  }
});

Deno.test("an image with pages of both formats is written in version 2", async () => {
  const big: Item = { namespace: "a", key: "big", type: "blob", value: new Uint8Array(9000) };
  const small = Array.from({ length: 125 }, (_, index): Item => (
    { namespace: "a", key: `k${index}`, type: "u8", value: 1 }
  ));
  const mixed = encodePartition([...small, big], { sizeBytes: 0x6000 });
  mixed[PAGE_AT.version] = 0xFF;
  new DataView(mixed.buffer).setUint32(PAGE_AT.crc32, pageHeaderCrc32(mixed, 0), true);
  const before = valuesOf(mixed);
  const { code, stderr, image: after } = await edited(mixed, ["--set", "b:k:u8=1"]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(valuesOf(after!), { ...before, "b/k": ["u8", 1n] });
});

Deno.test("a blank image with a key becomes an encrypted one", async () => {
  const blank = new Uint8Array(0x3000).fill(0xFF);
  const options = ["--set", "a:k:string=secret", "--key", "k.bin"];
  const { code, stdout, image } = await edited(blank, options, { "k.bin": KEY_PARTITION });
  assertEquals(code, 0);
  assertMatch(stdout, /12288 bytes, encrypted, /);
  const plain = decryptImage(image!, decodeKeyPartition(KEY_PARTITION));
  assertEquals(valuesOf(plain), { "a/k": ["string", "secret"] });
});

Deno.test("a read-only image does not get shorter: the rest would stay on the flash", async () => {
  const image = encodePartition([
    { namespace: "a", key: "big", type: "string", value: "x".repeat(3000) },
    { namespace: "a", key: "more", type: "string", value: "y".repeat(3000) },
  ], { sizeBytes: 0x2000 });
  const { image: after } = await edited(image, ["--unset", "a:big"]);
  assertEquals(after!.length, 0x2000);
  assertEquals(valuesOf(after!), { "a/more": ["string", "y".repeat(3000)] });
  const smaller = await edited(image, ["--unset", "a:big", "--size", "0x1000"]);
  assertEquals(smaller.image!.length, 0x1000);
});
