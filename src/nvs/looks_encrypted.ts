import { ENTRY_AT, ENTRY_COUNT, ENTRY_STATE, PAGE_SIZE } from "./constants.ts";
import {
  computeHeaderCrc32,
  type ImageBytes,
  isKnownType,
  offsetOfEntry,
  readKey,
  storedHeaderCrc32,
} from "./decode_items.ts";
import { isInUse, readPage } from "./decode_page.ts";
import { FindingList } from "./findings.ts";

/**
 * Whether an image is encrypted, or was decrypted with the wrong key: its
 * page headers, which are always plain, are sound, but of its written entries
 * none has a header that matches its CRC or even looks like one. An image
 * without a written entry does not look encrypted.
 */
export function looksEncrypted(bytes: Uint8Array): boolean {
  const image: ImageBytes = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
  let hasWritten = false;
  for (let index = 0; (index + 1) * PAGE_SIZE <= bytes.length; index++) {
    const page = readPage(image, index, new FindingList());
    if (!isInUse(page.state)) continue;
    const firstWritten = page.entryStates.indexOf(ENTRY_STATE.written);
    if (firstWritten === -1) continue;
    hasWritten = true;
    // A plain page begins with a header; it shows even when its CRC is damaged.
    if (resemblesHeader(image, offsetOfEntry(index, firstWritten))) return false;
    for (let entry = firstWritten; entry < ENTRY_COUNT; entry++) {
      if (page.entryStates[entry] !== ENTRY_STATE.written) continue;
      const offset = offsetOfEntry(index, entry);
      if (storedHeaderCrc32(image, offset) === computeHeaderCrc32(image, offset)) return false;
    }
  }
  return hasWritten;
}

function resemblesHeader({ bytes }: ImageBytes, offset: number): boolean {
  const { lookupKey, findable } = readKey(bytes, offset + ENTRY_AT.key);
  return isKnownType(bytes[offset + ENTRY_AT.type]!) && findable && lookupKey !== "";
}
