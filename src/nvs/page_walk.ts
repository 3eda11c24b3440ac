/**
 * The entries of one page in use: which item each belongs to, and what is
 * wrong with it as it stands.
 *
 * @module
 */

import { ENTRY_COUNT, ENTRY_STATE, type ItemType, NAMESPACE_TABLE_INDEX } from "./constants.ts";
import {
  hasData,
  headerFault,
  type ImageBytes,
  isBlankEntry,
  offsetOfEntry,
  type StoredItem,
} from "./decode_items.ts";
import type { EntryCell, EntryCellKind } from "./decoded.ts";
import type { FindingList, FindingRule } from "./findings.ts";
import { dataFaults, oddities } from "./item_faults.ts";

/** Cells are immutable and many: each that exists is made once. */
const cells = new Map<EntryCellKind, EntryCell[]>();

export function cell(kind: EntryCellKind, itemStart: number): EntryCell {
  let ofKind = cells.get(kind);
  if (ofKind === undefined) {
    ofKind = Array.from({ length: ENTRY_COUNT }, (_, start) => ({ kind, itemStart: start }));
    cells.set(kind, ofKind);
  }
  return ofKind[itemStart]!;
}

function cellKindOf(type: ItemType, namespaceIndex: number): EntryCellKind {
  switch (type) {
    case "string":
      return "string";
    case "blob":
      return "blob";
    case "blobData":
      return "blob-data";
    case "blobIdx":
      return "blob-index";
    default:
      return namespaceIndex === NAMESPACE_TABLE_INDEX ? "namespace" : "number";
  }
}

/** The part of a page that a walk through its entries reads and fills. */
export interface PageEntries {
  /** Physical position, from 0. */
  readonly index: number;
  /** State of each entry, as {@linkcode ENTRY_STATE} has them. */
  readonly entryStates: Uint8Array;
  readonly cells: EntryCell[];
  /** Erased items whose headers can be read. */
  readonly erasedItems: StoredItem[];
  /** The header at an entry, if a device accepts it; read once. */
  itemAt(entryIndex: number): StoredItem | undefined;
}

/** Goes through the entries of one page, from item to item; maps them and reports what is wrong. */
export class PageWalk {
  readonly #image: ImageBytes;
  readonly #page: PageEntries;
  readonly #findings: FindingList;
  /** First entry that is marked empty and is; entries in use behind it are one finding. */
  #gapStart: number | undefined;
  #gapReported = false;

  constructor(image: ImageBytes, page: PageEntries, findings: FindingList) {
    this.#image = image;
    this.#page = page;
    this.#findings = findings;
  }

  walk(): void {
    const { entryStates } = this.#page;
    let entry = 0;
    while (entry < ENTRY_COUNT) {
      switch (entryStates[entry]) {
        case ENTRY_STATE.empty:
          entry = this.#emptyEntries(entry);
          break;
        case ENTRY_STATE.erased:
          entry = this.#erasedEntries(entry);
          break;
        case ENTRY_STATE.written: {
          const item = this.#page.itemAt(entry);
          entry = item === undefined ? this.#faultyEntries(entry) : this.#item(item);
          break;
        }
        default:
          this.#add("entry-state", entry, "the state is neither empty, written nor erased", {
            stored: "01",
          });
          this.#fill("faulty", entry, entry + 1, entry);
          entry++;
      }
    }
  }

  #emptyEntries(start: number): number {
    const { entryStates, index } = this.#page;
    const isBlank = isBlankEntry(this.#image, offsetOfEntry(index, start));
    let end = start + 1;
    while (
      end < ENTRY_COUNT && entryStates[end] === ENTRY_STATE.empty &&
      isBlankEntry(this.#image, offsetOfEntry(index, end)) === isBlank
    ) end++;
    for (let entry = start; entry < end; entry++) {
      this.#fill(isBlank ? "empty" : "faulty", entry, entry + 1, entry);
    }
    if (isBlank) this.#gapStart ??= start;
    else {
      this.#add(
        "entry-not-empty",
        start,
        `${entriesText(start, end)} marked empty, but not all 0xff: half-written or damaged`,
      );
    }
    return end;
  }

  #erasedEntries(start: number): number {
    this.#noteGap(start);
    const { entryStates } = this.#page;
    const item = this.#page.itemAt(start);
    let end = start + 1;
    if (item !== undefined) {
      this.#page.erasedItems.push(item);
      while (end < start + item.span && entryStates[end] === ENTRY_STATE.erased) end++;
    }
    this.#fill("erased", start, end, start);
    return end;
  }

  /** Damaged headers in a row are mostly one header and its data: one finding. */
  #faultyEntries(start: number): number {
    const { entryStates, index } = this.#page;
    const fault = headerFault(this.#image, index, start)!;
    let end = start + 1;
    while (
      end < ENTRY_COUNT && entryStates[end] === ENTRY_STATE.written &&
      headerFault(this.#image, index, end)?.rule === fault.rule
    ) end++;
    const { rule, message, ...compared } = fault;
    const others = end - start - 1;
    const more = others === 0 ? "" : `; so with the next ${others === 1 ? "one" : others}`;
    this.#add(rule, start, message + more, compared);
    this.#fill("faulty", start, end, start);
    return end;
  }

  #item(item: StoredItem): number {
    const { entryStates } = this.#page;
    const start = item.entryIndex;
    const end = start + item.span;
    this.#noteGap(start);
    let notWritten = 0;
    for (let entry = start; entry < end; entry++) {
      if (entryStates[entry] !== ENTRY_STATE.written) notWritten++;
    }
    if (notWritten > 0) {
      this.#add(
        "item-torn",
        start,
        `of "${item.key}", ${notWritten} of ${item.span} entries are not marked written; ` +
          "a device erases it",
      );
      this.#fill("faulty", start, end, start);
      return end;
    }
    for (const { rule, message, ...compared } of oddities(this.#image, item)) {
      this.#add(rule, start, `"${item.key}": ${message}`, compared);
    }
    let isReadable = true;
    if (hasData(item.type)) {
      for (const { rule, message, ...compared } of dataFaults(this.#image, item)) {
        this.#add(rule, start, `"${item.key}": ${message}`, compared);
        if (rule === "data-crc32") isReadable = false;
      }
    }
    const kind = isReadable ? cellKindOf(item.type, item.namespaceIndex) : "faulty";
    this.#fill(kind, start, end, start);
    return end;
  }

  #noteGap(entry: number): void {
    if (this.#gapStart === undefined || this.#gapReported) return;
    this.#gapReported = true;
    this.#add("entry-gap", entry, `is in use, but entry ${this.#gapStart} before it is empty`);
  }

  #fill(kind: EntryCellKind, start: number, end: number, itemStart: number): void {
    const shared = cell(kind, itemStart);
    for (let entry = start; entry < end; entry++) this.#page.cells[entry] = shared;
  }

  #add(
    rule: FindingRule,
    entry: number,
    message: string,
    compared?: { stored?: string; computed?: string },
  ): void {
    this.#findings.add(rule, { page: this.#page.index, entry }, message, compared);
  }
}

function entriesText(start: number, end: number): string {
  return end - start === 1 ? "is" : `with the next ${end - start - 1}, is`;
}
