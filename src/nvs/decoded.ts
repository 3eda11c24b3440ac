/**
 * What {@linkcode decodePartition} returns.
 *
 * @module
 */

import type { FormatVersion, PageState } from "./constants.ts";
import type { Finding, Remark } from "./findings.ts";
import type { KeyItem } from "./item.ts";
import type { Value, ValueType } from "./value.ts";

/** Where an item is stored. */
export interface DecodedPlace {
  /** Physical page, from 0. Of a version 2 blob: the page of its first chunk. */
  page: number;
  /** Entry of the header in that page, 0 to 125. */
  entry: number;
  /** Entries taken, headers included. Of a version 2 blob: of all chunks and the index. */
  span: number;
}

/** One key with the value that a device returns for it. */
export type DecodedEntry = KeyItem & DecodedPlace;

/** What an erased item was. */
export type ErasedKind = ValueType | "namespace" | "blob-data" | "blob-index";

/** An erased item whose header can still be read; blobs of version 2 chunk by chunk. */
export interface ErasedEntry extends DecodedPlace {
  /** What it was. */
  kind: ErasedKind;
  /** Name of its namespace; `undefined` if the table no longer has it. */
  namespace: string | undefined;
  /** 0 is the table of namespaces. */
  namespaceIndex: number;
  /** Its key; of a namespace its name. */
  key: string;
  /** `undefined` if its data are gone, and for a blob index. */
  value: Value["value"] | undefined;
}

/** A namespace as the table has it. */
export interface DecodedNamespace {
  /** 1 to 15 bytes in a sound image. */
  name: string;
  /** 1 to 254 in a sound image. */
  index: number;
}

/** What an entry of a page holds. */
export type EntryCellKind =
  | "namespace"
  | "number"
  | "string"
  | "blob-data"
  | "blob-index"
  | "blob"
  | "erased"
  | "empty"
  | "faulty";

/** One of the 126 cells of a page map. */
export interface EntryCell {
  /** What the cell holds. */
  readonly kind: EntryCellKind;
  /** Entry (from 0) of the header that this cell belongs to; its own if it is one, or stands alone. */
  readonly itemStart: number;
}

/** One page of 4096 bytes. */
export interface DecodedPage {
  /** Physical position, from 0. */
  index: number;
  /** As a device judges it: a page it cannot use is corrupt, whatever its state word says. */
  state: PageState;
  /** Orders the pages by age; `undefined` if the page is not in use. */
  sequence: number | undefined;
  /** `undefined` if the page is not in use, or of a version that devices refuse. */
  formatVersion: FormatVersion | undefined;
  /** Entries marked written, of 126; 0 in a page that is not in use. */
  used: number;
  /** Entries marked erased. */
  erased: number;
  /** Entries marked empty; all 126 in a page that is not in use. */
  empty: number;
  /** The page map: what each of the 126 entries holds. */
  cells: readonly EntryCell[];
}

/** Counts of entries, as `nvs_get_stats` gives them once the device has loaded the partition. */
export interface DecodedStats {
  /** Entries in use. */
  used: number;
  /** Entries not in use, erased ones and whole free pages among them. */
  free: number;
  /** As `free`, less the page that a device keeps in reserve. */
  available: number;
  /** Entries of all pages. */
  total: number;
  /** Namespaces in the table. */
  namespaces: number;
}

/** All that a partition image holds. */
export interface DecodedPartition {
  /** Bytes of the image. */
  sizeBytes: number;
  /** Of the first page in use; `undefined` if none is. */
  formatVersion: FormatVersion | undefined;
  /** In physical order. */
  pages: DecodedPage[];
  /** In the order in which a device finds them. */
  namespaces: DecodedNamespace[];
  /** The values that a device returns, oldest page first. */
  entries: DecodedEntry[];
  /** In physical order. */
  erased: ErasedEntry[];
  /** Counts of entries. */
  stats: DecodedStats;
  /** Nothing for a sound image, be it fresh or worn; by page and entry. */
  findings: Finding[];
  /** What is unusual and no fault. */
  remarks: Remark[];
}
