/**
 * Partition tables and flash dumps for tests, byte by byte from the
 * documentation of the format: nothing here is of `src/flash` but a type.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Partition } from "../../src/flash/partition.ts";
import { drawnBytes, seededRandom } from "../helpers.ts";

export const TABLE_OFFSET = 0x8000;
export const NVS = { type: 1, subtype: 2 };
export const APP = { type: 0, subtype: 0 };
const TABLE_BYTES = 0xC00;

/** A partition, NVS unless said otherwise. */
export function partition(
  label: string,
  offset: number,
  sizeBytes: number,
  rest: Partial<Partition> = {},
): Partition {
  return { label, ...NVS, offset, sizeBytes, encrypted: false, readonly: false, ...rest };
}

/** How a table is written. */
export interface TableForm {
  /** Leaves the checksum out. */
  noMd5?: boolean;
  /** Leaves the end and what is behind it out. */
  noEnd?: boolean;
}

/** A binary partition table, padded to 0xC00 bytes. */
export function tableBytes(partitions: readonly Partition[], form: TableForm = {}): Uint8Array {
  const entries = partitions.flatMap((partition) => [...entryBytes(partition)]);
  const md5 = hash("md5", Uint8Array.from(entries), "hex").match(/../g)!.map((hex) =>
    parseInt(hex, 16)
  );
  const checksum = form.noMd5 ? [] : [0xEB, 0xEB, ...new Array(14).fill(0xFF), ...md5];
  const written = Uint8Array.from([...entries, ...checksum]);
  if (form.noEnd) return written;
  const table = new Uint8Array(TABLE_BYTES).fill(0xFF);
  table.set(written);
  return table;
}

function entryBytes(partition: Partition): Uint8Array {
  const entry = new Uint8Array(32);
  const view = new DataView(entry.buffer);
  entry.set([0xAA, 0x50, partition.type, partition.subtype]);
  view.setUint32(4, partition.offset, true);
  view.setUint32(8, partition.sizeBytes, true);
  entry.set(new TextEncoder().encode(partition.label).subarray(0, 16), 12);
  view.setUint32(28, (partition.encrypted ? 1 : 0) | (partition.readonly ? 2 : 0), true);
  return entry;
}

/** The lines of a CSV of the same table, with nothing left out. */
export function tableCsv(partitions: readonly Partition[]): string {
  const rows = partitions.map(({ label, type, subtype, offset, sizeBytes, ...flags }) => {
    const names = [flags.encrypted && "encrypted", flags.readonly && "readonly"].filter(Boolean);
    return [label, type, subtype, `0x${offset.toString(16)}`, sizeBytes, names.join(":")].join(",");
  });
  return `${rows.join("\n")}\n`;
}

/** Bytes that look like ciphertext, the same ones every time. */
export function noise(sizeBytes: number, seed = 1): Uint8Array {
  return drawnBytes(seededRandom(seed), sizeBytes);
}

/** A flash of the chips with the bootloader at 0x1000, or at 0. */
export interface FlashForm {
  sizeBytes?: number;
  /** `undefined` for none. */
  bootloaderOffset?: number | undefined;
  table?: Uint8Array | undefined;
  tableOffset?: number;
  /** What is where. */
  contents?: readonly (readonly [offset: number, bytes: Uint8Array])[];
}

/** A whole flash: bootloader, table, an app at 0x10000, and what is given. */
export function flashDump(form: FlashForm): Uint8Array {
  const { sizeBytes = 0x40000, table, tableOffset = TABLE_OFFSET, contents = [] } = form;
  const bootloaderOffset = "bootloaderOffset" in form ? form.bootloaderOffset : 0x1000;
  const flash = new Uint8Array(sizeBytes).fill(0xFF);
  const appHeader = [0xE9, 3, 2, 0x20, 0, 0, 0x08, 0x40, 0xEE, 0, 0, 0, 0, 0, 0, 0];
  if (bootloaderOffset !== undefined) {
    flash.set(noise(0x5000, 2), bootloaderOffset);
    flash.set(appHeader, bootloaderOffset);
  }
  if (sizeBytes > 0x14000) {
    flash.set(noise(0x4000, 3), 0x10000);
    flash.set(appHeader, 0x10000);
  }
  if (table !== undefined) flash.set(table, tableOffset);
  for (const [offset, bytes] of contents) flash.set(bytes, offset);
  return flash;
}
