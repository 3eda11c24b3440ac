/**
 * One page as it is stored: header, entry state bitmap, and the items that
 * stand in it. Says what is wrong with the page by itself; what a device makes
 * of all pages together is decided in `device_load.ts`.
 *
 * @module
 */

import {
  ENTRY_AT,
  ENTRY_COUNT,
  ENTRY_DATA_OFFSET,
  ENTRY_STATE,
  ENTRY_TABLE_OFFSET,
  type FormatVersion,
  LITTLE_ENDIAN,
  PAGE_AT,
  PAGE_SIZE,
  PAGE_STATE,
  type PageState,
  VERSION_BYTE,
} from "./constants.ts";
import { pageHeaderCrc32 } from "./crc32.ts";
import {
  type ImageBytes,
  isBlankEntry,
  offsetOfEntry,
  readItem,
  type StoredItem,
} from "./decode_items.ts";
import { FindingList, hexadecimal } from "./findings.ts";
import { cell, type PageEntries, PageWalk } from "./page_walk.ts";

/** Bits of the entry state bitmap that stand for an entry; the rest of its bytes stay 1. */
const BITMAP_BITS = 2 * ENTRY_COUNT;
const ALL_ONES = 0xFF;

/** A page as stored; one that is not in use has empty entries only. */
export interface StoredPage extends PageEntries {
  /** As a device judges it. */
  state: PageState;
  sequence: number | undefined;
  /** `undefined` if the page is not in use, and if devices refuse its version. */
  formatVersion: FormatVersion | undefined;
}

/** Whether a device reads entries from a page in this state. */
export function isInUse(state: PageState): boolean {
  return state === "active" || state === "full" || state === "freeing";
}

/** Reads a page and reports what is wrong with it by itself. */
export function readPage(image: ImageBytes, index: number, findings: FindingList): StoredPage {
  const header = readHeader(image, index, findings);
  if (header.state === "uninitialized") return { index, ...header, ...UNINITIALIZED };
  const inUse = isInUse(header.state);
  const items = new Array<StoredItem | null | undefined>(ENTRY_COUNT).fill(null);
  const page: StoredPage = {
    index,
    ...header,
    entryStates: inUse
      ? readEntryStates(image.bytes, index, findings)
      : new Uint8Array(ENTRY_COUNT).fill(ENTRY_STATE.empty),
    cells: [],
    erasedItems: [],
    itemAt(entryIndex) {
      const known = items[entryIndex];
      if (known !== null) return known;
      return items[entryIndex] = readItem(image, index, entryIndex);
    },
  };
  if (inUse) new PageWalk(image, page, findings).walk();
  else mapUnusedPage(image, page);
  return page;
}

/** The state of a page as a device judges it by the page header, which is always plain. */
export function pageStateAt(image: ImageBytes, index: number): PageState {
  return readHeader(image, index, new FindingList()).state;
}

type PageHeader = Pick<StoredPage, "state" | "sequence" | "formatVersion">;

function readHeader({ bytes, view }: ImageBytes, page: number, findings: FindingList): PageHeader {
  const start = page * PAGE_SIZE;
  const corrupt: PageHeader = { state: "corrupt", sequence: undefined, formatVersion: undefined };
  const storedState = view.getUint32(start + PAGE_AT.state, LITTLE_ENDIAN);
  const state = pageStateOf(storedState);

  switch (state) {
    case undefined:
      findings.add("page-state", { page }, "no such page state; a device discards the page", {
        stored: hexadecimal(storedState, 8),
      });
      return corrupt;
    case "corrupt":
      findings.add("page-corrupt", { page }, "is marked corrupt; a device discards the page");
      return corrupt;
    case "uninitialized": {
      const used = firstUsedByte(view, start);
      if (used === undefined) return { ...corrupt, state };
      findings.add(
        "page-not-empty",
        { page },
        `is marked uninitialized, but byte ${used} is not 0xff; a device discards the page`,
        { stored: hexadecimal(bytes[start + used]!, 2), computed: "0xff" },
      );
      return corrupt;
    }
    case "active":
    case "full":
    case "freeing":
      break;
    default:
      throw new TypeError(`Cannot read page state "${state satisfies never}"`);
  }

  const stored = view.getUint32(start + PAGE_AT.crc32, LITTLE_ENDIAN);
  const computed = pageHeaderCrc32(bytes, start);
  if (stored !== computed) {
    findings.add(
      "page-header-crc32",
      { page },
      "the page header does not match its CRC; a device discards the page",
      { stored: hexadecimal(stored, 8), computed: hexadecimal(computed, 8) },
    );
    return corrupt;
  }

  const versionByte = bytes[start + PAGE_AT.version]!;
  if (versionByte < VERSION_BYTE[2]) {
    findings.add("page-version", { page }, "the version is too new; a device refuses the image", {
      stored: hexadecimal(versionByte, 2),
    });
  }
  for (let at = PAGE_AT.version + 1; at < PAGE_AT.crc32; at++) {
    if (bytes[start + at] !== ALL_ONES) {
      findings.add("page-reserved", { page }, `reserved byte ${at} of the header is not 0xff`, {
        stored: hexadecimal(bytes[start + at]!, 2),
        computed: "0xff",
      });
      break;
    }
  }
  const sequence = view.getUint32(start + PAGE_AT.sequence, LITTLE_ENDIAN);
  return { state, sequence, formatVersion: formatVersionOf(versionByte) };
}

function formatVersionOf(versionByte: number): FormatVersion | undefined {
  if (versionByte === VERSION_BYTE[1]) return 1;
  return versionByte === VERSION_BYTE[2] ? 2 : undefined;
}

function pageStateOf(stored: number): PageState | undefined {
  for (const name of Object.keys(PAGE_STATE) as PageState[]) {
    if (PAGE_STATE[name] === stored) return name;
  }
  return undefined;
}

/** Offset in the page of the first byte that is not 0xFF. */
function firstUsedByte(view: DataView, start: number): number | undefined {
  for (let at = 0; at < PAGE_SIZE; at += 4) {
    if (view.getUint32(start + at) !== 0xFFFFFFFF) {
      let byte = at;
      while (view.getUint8(start + byte) === ALL_ONES) byte++;
      return byte;
    }
  }
  return undefined;
}

function readEntryStates(bytes: Uint8Array, page: number, findings: FindingList): Uint8Array {
  const start = page * PAGE_SIZE + ENTRY_TABLE_OFFSET;
  const states = new Uint8Array(ENTRY_COUNT);
  for (let entry = 0; entry < ENTRY_COUNT; entry++) {
    states[entry] = (bytes[start + (entry >> 2)]! >> ((entry & 3) * 2)) & 0b11;
  }
  for (let bit = BITMAP_BITS; bit < 8 * (ENTRY_DATA_OFFSET - ENTRY_TABLE_OFFSET); bit++) {
    const byte = bytes[start + (bit >> 3)]!;
    if ((byte >> (bit & 7) & 1) === 0) {
      findings.add("bitmap-unused", { page }, `bit ${bit} of the bitmap stands for no entry`, {
        stored: "0",
        computed: "1",
      });
      break;
    }
  }
  return states;
}

/** What all pages that were never written have in common: most of an image is such. */
const UNINITIALIZED: Omit<PageEntries, "index"> = {
  entryStates: new Uint8Array(ENTRY_COUNT).fill(ENTRY_STATE.empty),
  cells: Array.from({ length: ENTRY_COUNT }, (_, entry) => cell("empty", entry)),
  erasedItems: [],
  itemAt: () => undefined,
};

/** A page that a device does not read: what is not blank in it is in the wrong place. */
function mapUnusedPage(image: ImageBytes, page: StoredPage): void {
  for (let entry = 0; entry < ENTRY_COUNT; entry++) {
    const isBlank = isBlankEntry(image, offsetOfEntry(page.index, entry));
    page.cells.push(cell(isBlank ? "empty" : "faulty", entry));
  }
}

/**
 * Whether a device takes an entry marked empty for one that it was writing when
 * power was lost. It looks at the flash without decrypting.
 */
export function isHalfWritten(
  { view, onFlash = view }: ImageBytes,
  pageIndex: number,
  entryIndex: number,
): boolean {
  const offset = offsetOfEntry(pageIndex, entryIndex);
  return onFlash.getUint32(offset + ENTRY_AT.namespaceIndex) !== 0xFFFFFFFF;
}
