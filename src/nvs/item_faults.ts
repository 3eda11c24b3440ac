/**
 * What can be wrong with an item whose header a device accepts.
 *
 * @module
 */

import { CHUNK_ANY, CHUNK_START, ENTRY_SIZE } from "./constants.ts";
import { nvsCrc32 } from "./crc32.ts";
import {
  dataOf,
  type HeaderFault,
  type ImageBytes,
  readIndex,
  storedDataCrc32,
  type StoredItem,
  unusedBytes,
} from "./decode_items.ts";
import { hexadecimal } from "./findings.ts";

/**
 * What is wrong with a header that a device accepts all the same: bits that
 * it does not look at, but that neither it nor Espressif's generator ever
 * writes otherwise, and what makes an item unreachable.
 */
export function* oddities(image: ImageBytes, item: StoredItem): Generator<HeaderFault> {
  const { bytes } = image;
  const { offset, type } = item;
  if (item.lookupKey === "") {
    yield { rule: "entry-key", message: "the key is empty; no device call reads it" };
  } else if (!item.findable) {
    yield {
      rule: "entry-key",
      message: "the key field is not NULs behind the key; a device does not find it",
    };
  }
  if (item.chunkIndex !== CHUNK_ANY && type !== "blobData") {
    yield {
      rule: "entry-chunk-index",
      message: `only blob chunks have a chunk index but ${CHUNK_ANY}; a device does not find it`,
      stored: `${item.chunkIndex}`,
      computed: `${CHUNK_ANY}`,
    };
  }
  const unused = unusedBytes(type);
  for (let at = unused.start; at < unused.end; at++) {
    if (bytes[offset + at] !== 0xFF) {
      yield {
        rule: "entry-reserved",
        message: `unused byte ${at} of the header is not 0xff`,
        stored: hexadecimal(bytes[offset + at]!, 2),
        computed: "0xff",
      };
      break;
    }
  }
  if (type === "blobIdx") {
    const { chunkStart } = readIndex(image, item);
    if (chunkStart !== CHUNK_START.version0 && chunkStart !== CHUNK_START.version1) {
      yield {
        rule: "blob-chunk-start",
        message: "the first chunk of a blob is 0 or 128",
        stored: `${chunkStart}`,
      };
    }
  }
}

/** What is wrong with the data behind a header that a device accepts. */
export function* dataFaults(image: ImageBytes, item: StoredItem): Generator<HeaderFault> {
  const data = dataOf(image, item);
  const stored = storedDataCrc32(image, item);
  const computed = nvsCrc32(data);
  if (stored !== computed) {
    yield {
      rule: "data-crc32",
      message: `the ${item.dataSize} bytes of data do not match their CRC; a device erases them`,
      stored: hexadecimal(stored, 8),
      computed: hexadecimal(computed, 8),
    };
  } else if (item.type === "string" && data.at(-1) !== 0) {
    yield { rule: "string-nul", message: "the string does not end with a NUL" };
  }
  const end = item.offset + item.span * ENTRY_SIZE;
  for (let at = item.offset + ENTRY_SIZE + item.dataSize; at < end; at++) {
    if (image.bytes[at] !== 0xFF) {
      yield {
        rule: "data-padding",
        message: "bytes behind the data are not 0xff; a device does not look at them",
        stored: hexadecimal(image.bytes[at]!, 2),
        computed: "0xff",
      };
      break;
    }
  }
}
