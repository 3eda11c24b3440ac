/**
 * The binary partition table, as it stands in the flash: entries of 32 bytes,
 * then one with the MD5 of all before it, which a build may leave out, then
 * one of 0xFF.
 *
 * @module
 */

import { hash } from "node:crypto";
import { LITTLE_ENDIAN } from "../nvs/constants.ts";
import { MAX_LABEL_BYTES, MAX_TABLE_BYTES, type Partition, TABLE_ENTRY_SIZE } from "./partition.ts";

/** Byte offsets of the fields of an entry. */
const ENTRY_AT = { magic: 0, type: 2, subtype: 3, offset: 4, size: 8, label: 12, flags: 28 };
/** First two bytes of an entry, as a number. */
const MAGIC = { partition: 0x50AA, md5: 0xEBEB };
/** Byte offset of the checksum in its entry. */
const MD5_AT = 16;
/** Bits of an entry's flags; the others have no meaning yet. */
const FLAG = { encrypted: 1 << 0, readonly: 1 << 1 };
const ERASED = 0xFF;

/** What stands where a partition table is looked for. */
export type TableReading =
  | {
    kind: "table";
    /** In the order of the table; whether they make sense together is not looked at. */
    partitions: Partition[];
    hasMd5: boolean;
  }
  /** It begins like a table. */
  | { kind: "damaged"; fault: TableFault }
  | { kind: "absent"; instead: NoTable };

/** Why a table cannot be relied on. */
export type TableFault =
  | { rule: "md5"; stored: string; computed: string }
  /** An entry that is none, with its first bytes in hex; `entryIndex` counts from 0. */
  | { rule: "entry"; entryIndex: number; start: string }
  /** The bytes end before the table does. */
  | { rule: "cut-short"; sizeBytes: number }
  | { rule: "endless" };

/** What there is in place of a table: no bytes, 0xFF, what looks like ciphertext, or anything else. */
export type NoTable = "nothing" | "erased" | "noise" | "other";

/**
 * Reads a partition table.
 *
 * @param bytes From the beginning of the table on; what is behind it does no harm.
 */
export function readPartitionTable(bytes: Uint8Array): TableReading {
  const table = bytes.subarray(0, MAX_TABLE_BYTES);
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const partitions: Partition[] = [];
  let hasMd5 = false;
  for (let entryIndex = 0;; entryIndex++) {
    const start = entryIndex * TABLE_ENTRY_SIZE;
    const end = start + TABLE_ENTRY_SIZE;
    if (end > table.length) {
      if (entryIndex === 0) return absent(bytes);
      const isWhole = table.length === MAX_TABLE_BYTES;
      return damaged(
        isWhole ? { rule: "endless" } : { rule: "cut-short", sizeBytes: table.length },
      );
    }
    const entry = table.subarray(start, end);
    const magic = view.getUint16(start + ENTRY_AT.magic, LITTLE_ENDIAN);
    if (magic === MAGIC.partition && !hasMd5) {
      partitions.push(partitionAt(view, entry, start));
    } else if (magic === MAGIC.md5 && !hasMd5) {
      const stored = hexOf(entry.subarray(MD5_AT));
      const computed = hash("md5", table.subarray(0, start), "hex");
      if (stored !== computed) return damaged({ rule: "md5", stored, computed });
      hasMd5 = true;
    } else if (entryIndex === 0) {
      return absent(bytes);
    } else if (entry.every((byte) => byte === ERASED)) {
      return { kind: "table", partitions, hasMd5 };
    } else {
      // Behind the checksum too: a device reads no entry there.
      return damaged({ rule: "entry", entryIndex, start: hexOf(entry.subarray(0, 4)) });
    }
  }
}

/** Whether bytes begin like a binary partition table, whatever follows. */
export function beginsLikeTable(bytes: Uint8Array): boolean {
  return readPartitionTable(bytes.subarray(0, TABLE_ENTRY_SIZE)).kind !== "absent";
}

function partitionAt(view: DataView, entry: Uint8Array, start: number): Partition {
  const flags = view.getUint32(start + ENTRY_AT.flags, LITTLE_ENDIAN);
  return {
    label: labelOf(entry.subarray(ENTRY_AT.label, ENTRY_AT.label + MAX_LABEL_BYTES)),
    type: view.getUint8(start + ENTRY_AT.type),
    subtype: view.getUint8(start + ENTRY_AT.subtype),
    offset: view.getUint32(start + ENTRY_AT.offset, LITTLE_ENDIAN),
    sizeBytes: view.getUint32(start + ENTRY_AT.size, LITTLE_ENDIAN),
    encrypted: (flags & FLAG.encrypted) !== 0,
    readonly: (flags & FLAG.readonly) !== 0,
  };
}

/** The label up to its NUL, if it has one; what is no UTF-8 becomes U+FFFD. */
function labelOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function damaged(fault: TableFault): TableReading {
  return { kind: "damaged", fault };
}

function absent(bytes: Uint8Array): TableReading {
  const table = bytes.subarray(0, MAX_TABLE_BYTES);
  if (table.length === 0) return { kind: "absent", instead: "nothing" };
  if (table.every((byte) => byte === ERASED)) return { kind: "absent", instead: "erased" };
  return { kind: "absent", instead: looksLikeNoise(table) ? "noise" : "other" };
}

/**
 * Bits of information that each byte of ciphertext has at least: in as many
 * random bytes it is 7.94, give or take 0.03, and in a table in clear below 3.
 */
const MIN_NOISE_BITS = 7.9;

/** Guesses whether bytes are ciphertext; well-compressed data look the same. */
function looksLikeNoise(table: Uint8Array): boolean {
  if (table.length < MAX_TABLE_BYTES) return false;
  const counts = new Uint32Array(0x100);
  for (const byte of table) counts[byte]!++;
  const bits = counts.reduce((sum, count) => {
    const share = count / table.length;
    return share === 0 ? sum : sum - share * Math.log2(share);
  }, 0);
  return bits >= MIN_NOISE_BITS;
}
