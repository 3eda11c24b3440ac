/** What a device sees of an encrypted image without decrypting: which entries are blank. */

import { assertEquals } from "@std/assert";
import { decodePartition, decryptImage, encodePartition, encryptImage } from "../../mod.ts";
import { ENTRY_STATE } from "../../src/nvs/constants.ts";

const KEYS = {
  encryptionKey: new Uint8Array(32).fill(1),
  tweakKey: new Uint8Array(32).fill(2),
};
const BITMAP_OFFSET = 32;
const ENTRY_BYTES = 32;
const entryOffset = (entry: number) => 64 + ENTRY_BYTES * entry;

/** Sets an entry's state in the first page. */
function setState(image: Uint8Array, entry: number, state: number): void {
  const at = BITMAP_OFFSET + (entry >> 2);
  const shift = (entry & 3) * 2;
  image[at] = image[at]! & ~(0b11 << shift) | state << shift;
}

Deno.test("an entry of 0xFF that was encrypted is not blank: power was lost while it was written", () => {
  // The namespace and three numbers; of the second number's entry the state was not written, and
  // its bytes are the ciphertext of 0xFF.
  const plain = encodePartition(
    ["a", "b", "c"].map((key) => ({ namespace: "n", key, type: "u8", value: 1 } as const)),
    { sizeBytes: 0x3000 },
  );
  plain.fill(0xFF, entryOffset(2), entryOffset(3));
  const flash = encryptImage(plain, KEYS);
  setState(flash, 2, ENTRY_STATE.empty);

  const decrypted = decryptImage(flash, KEYS);
  assertEquals(decrypted.slice(entryOffset(2), entryOffset(3)), new Uint8Array(32).fill(0xFF));
  // The device erases from that entry on until one is blank on the flash, so "c" goes too.
  const seen = decodePartition(decrypted, flash);
  assertEquals(seen.entries.map(({ key }) => key), ["a"]);
  assertEquals(seen.stats.used, 2);
  // In clear the same entry is blank, and the search ends there: "c" is neither found nor erased.
  const inClear = decodePartition(decrypted);
  assertEquals(inClear.entries.map(({ key }) => key), ["a"]);
  assertEquals(inClear.stats.used, 3);
});
