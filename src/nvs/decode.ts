/**
 * Reads a partition image as the device's own NVS library would, and says
 * what is wrong with it.
 *
 * @module
 */

import {
  CHUNK_ANY,
  ENTRY_COUNT,
  ENTRY_STATE,
  type FormatVersion,
  type ItemType,
  NAMESPACE_TABLE_INDEX,
  PAGE_SIZE,
} from "./constants.ts";
import type {
  DecodedEntry,
  DecodedPage,
  DecodedPartition,
  DecodedStats,
  ErasedEntry,
} from "./decoded.ts";
import {
  dataHolds,
  dataOf,
  type ImageBytes,
  readIndex,
  type StoredItem,
  valueOf,
} from "./decode_items.ts";
import { isInUse, readPage, type StoredPage } from "./decode_page.ts";
import { DeviceLoad } from "./device_load.ts";
import { identityOf } from "./loaded_page.ts";
import { FindingList } from "./findings.ts";
import { reportDuplicates, reportPageOrder, reportUndeclared } from "./load_checks.ts";

/**
 * Decodes a plain image (decrypt an encrypted one first). Never throws: what
 * is wrong with the bytes, of any length, becomes a finding.
 *
 * `entries` and `stats` are what a device has once it started with the image:
 * it erases what is damaged or half-done first, so that a value which the
 * image still shows may be missing; the findings say so.
 *
 * @param bytes The plain image.
 * @param onFlash The image as it stands on the flash, if it was encrypted: a
 * device tells by that which entries are blank.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { entries, stats, findings } = decodePartition(new Uint8Array(0x3000).fill(0xFF));
 * assertEquals([entries, stats.used, findings], [[], 0, []]);
 * ```
 */
export function decodePartition(
  bytes: Uint8Array,
  onFlash: Uint8Array = bytes,
): DecodedPartition {
  const findings = new FindingList();
  const image: ImageBytes = {
    bytes,
    view: viewOf(bytes),
    onFlash: viewOf(onFlash),
  };
  const pageCount = Math.floor(bytes.length / PAGE_SIZE);
  if (bytes.length === 0 || bytes.length % PAGE_SIZE !== 0) {
    findings.add("image-size", {}, `the image is not a multiple of ${PAGE_SIZE} bytes long`, {
      stored: `${bytes.length} bytes`,
      computed: `${Math.max(pageCount, 1) * PAGE_SIZE} bytes`,
    });
  }
  const pages: StoredPage[] = [];
  for (let index = 0; index < pageCount; index++) pages.push(readPage(image, index, findings));
  const load = new DeviceLoad(image, pages, findings);
  reportPageOrder(load, findings);
  reportDuplicates(load, findings);
  reportUndeclared(load, findings);
  return {
    sizeBytes: bytes.length,
    formatVersion: formatVersionOf(pages),
    pages: pages.map(describePage),
    namespaces: load.namespaces,
    entries: new ValueReader(image, load).entries(),
    erased: pages.flatMap((page) => page.erasedItems.map((item) => describeErased(item))),
    stats: statsOf(load, pageCount),
    findings: findings.sorted(),
    remarks: findings.remarks,
  };

  function describeErased(item: StoredItem): ErasedEntry {
    return {
      kind: erasedKindOf(item),
      namespace: load.namespaces.find(({ index }) => index === item.namespaceIndex)?.name,
      namespaceIndex: item.namespaceIndex,
      key: item.key,
      value: valueOf(image, item)?.value,
      page: item.pageIndex,
      entry: item.entryIndex,
      span: item.span,
    };
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function formatVersionOf(pages: readonly StoredPage[]): FormatVersion | undefined {
  return pages.find(({ state }) => isInUse(state))?.formatVersion;
}

function describePage(page: StoredPage): DecodedPage {
  const count = (wanted: number) => {
    let found = 0;
    for (const state of page.entryStates) if (state === wanted) found++;
    return found;
  };
  return {
    index: page.index,
    state: page.state,
    sequence: page.sequence,
    formatVersion: page.formatVersion,
    used: count(ENTRY_STATE.written),
    erased: count(ENTRY_STATE.erased),
    empty: count(ENTRY_STATE.empty),
    cells: page.cells,
  };
}

function statsOf(load: DeviceLoad, pageCount: number): DecodedStats {
  const total = pageCount * ENTRY_COUNT;
  const used = load.usedEntries;
  const free = total - used;
  return {
    used,
    free,
    available: Math.max(free - ENTRY_COUNT, 0),
    total,
    namespaces: load.namespaces.length,
  };
}

function erasedKindOf({ type, namespaceIndex }: StoredItem): ErasedEntry["kind"] {
  if (type === "blobData") return "blob-data";
  if (type === "blobIdx") return "blob-index";
  if (type !== "blob" && namespaceIndex === NAMESPACE_TABLE_INDEX) return "namespace";
  return type;
}

/** A value and the place of its pages in the device's order. */
interface OrderedEntry {
  order: number;
  entry: DecodedEntry;
}

/** Finds, for every key, the value that a device's `nvs_get_…` returns. */
class ValueReader {
  readonly #image: ImageBytes;
  readonly #load: DeviceLoad;
  /** The first item of each page under an identity, oldest page first: a search stops there. */
  readonly #firsts = new Map<string, StoredItem[]>();
  /** Position of each physical page in the device's order. */
  readonly #order = new Map<number, number>();
  readonly #found: OrderedEntry[] = [];

  constructor(image: ImageBytes, load: DeviceLoad) {
    this.#image = image;
    this.#load = load;
    for (const [order, { page, byIdentity }] of load.pages.entries()) {
      this.#order.set(page.index, order);
      for (const [identity, items] of byIdentity) {
        const first = items.find((item) => item.findable && load.isAlive(item));
        if (first === undefined) continue;
        const firsts = this.#firsts.get(identity);
        if (firsts === undefined) this.#firsts.set(identity, [first]);
        else firsts.push(first);
      }
    }
  }

  entries(): DecodedEntry[] {
    const names = this.#namesByIndex();
    for (const firsts of this.#firsts.values()) {
      const { namespaceIndex, chunkIndex, lookupKey } = firsts[0]!;
      const namespace = names.get(namespaceIndex);
      if (namespace !== undefined && chunkIndex === CHUNK_ANY && lookupKey !== "") {
        this.#readKey(firsts, namespace);
      }
    }
    this.#found.sort((a, b) => a.order - b.order || a.entry.entry - b.entry.entry);
    return this.#found.map(({ entry }) => entry);
  }

  /** The namespaces that can be opened: of two with one name, or one index, the first. */
  #namesByIndex(): Map<number, string> {
    const names = new Map<number, string>();
    const opened = new Set<string>();
    for (const { name, index } of this.#load.namespaces) {
      if (index !== NAMESPACE_TABLE_INDEX && !opened.has(name) && !names.has(index)) {
        names.set(index, name);
      }
      opened.add(name);
    }
    return names;
  }

  /** One key may be there once with each type; a call for a type gets the first of it. */
  #readKey(firsts: readonly StoredItem[], namespace: string): void {
    const types = new Set<ItemType>();
    for (const item of firsts) {
      if (types.has(item.type)) continue;
      types.add(item.type);
      if (item.type === "blobIdx") this.#readBlob(item, namespace);
      else if (item.type !== "blob") this.#readWhole(item, namespace);
    }
    // A call for a blob looks for an index first, and if there is one, no further.
    const version1 = firsts.find(({ type }) => type === "blob");
    if (version1 !== undefined && !types.has("blobIdx")) this.#readWhole(version1, namespace);
  }

  #readWhole(item: StoredItem, namespace: string): void {
    const value = valueOf(this.#image, item);
    if (value === undefined) return;
    this.#add({
      ...value,
      namespace,
      key: item.key,
      page: item.pageIndex,
      entry: item.entryIndex,
      span: item.span,
    });
  }

  #readBlob(index: StoredItem, namespace: string): void {
    const { chunkCount, chunkStart } = readIndex(this.#image, index);
    const chunks: StoredItem[] = [];
    let foundBytes = 0;
    let span = index.span;
    for (let chunkIndex = chunkStart; chunkIndex < chunkStart + chunkCount; chunkIndex++) {
      const identity = identityOf(index.namespaceIndex, chunkIndex, index.lookupKey);
      const chunk = this.#firsts.get(identity)?.find(({ type }) => type === "blobData");
      if (chunk === undefined || !dataHolds(this.#image, chunk)) return;
      chunks.push(chunk);
      foundBytes += chunk.dataSize;
      span += chunk.span;
    }
    if (foundBytes !== index.dataSize) return;
    const value = new Uint8Array(foundBytes);
    let offset = 0;
    for (const chunk of chunks) {
      value.set(dataOf(this.#image, chunk), offset);
      offset += chunk.dataSize;
    }
    const first = chunks[0] ?? index;
    this.#add({
      type: "blob",
      value,
      namespace,
      key: index.key,
      page: first.pageIndex,
      entry: first.entryIndex,
      span,
    });
  }

  #add(entry: DecodedEntry): void {
    this.#found.push({ order: this.#order.get(entry.page) ?? 0, entry });
  }
}
