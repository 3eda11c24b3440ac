/**
 * What a device does with a partition when it starts, step by step as its NVS
 * library does it: throw away what is half-written, finish what power loss
 * interrupted, and match blobs with their chunks. Nothing is written: the
 * steps work on a copy of the entry states.
 *
 * @module
 */

import {
  CHUNK_ANY,
  CHUNK_START,
  ENTRY_AT,
  ENTRY_COUNT,
  ENTRY_STATE,
  ITEM_TYPE,
  MAX_NAMESPACES,
  MIN_WRITABLE_SIZE,
  NAMESPACE_TABLE_INDEX,
} from "./constants.ts";
import type { DecodedNamespace } from "./decoded.ts";
import {
  type ImageBytes,
  numberOf,
  offsetOfEntry,
  readIndex,
  readKey,
  type StoredItem,
} from "./decode_items.ts";
import { isHalfWritten, isInUse, type StoredPage } from "./decode_page.ts";
import type { FindingList } from "./findings.ts";
import {
  append,
  identityOf,
  identityOfItem,
  isWhole,
  type LoadedPage,
  remember,
} from "./loaded_page.ts";

/** A blob index found at start, with what its chunks add up to. */
interface IndexTally {
  item: StoredItem;
  chunkStart: number;
  chunkCount: number;
  observedChunks: number;
  observedBytes: number;
}

/** The partition once a device has started with it. */
export class DeviceLoad {
  /** Pages in use as the device finds them, by sequence number. */
  readonly found: readonly StoredPage[];
  /** Pages in use once a half-done move is finished, oldest first. */
  readonly pages: LoadedPage[] = [];
  readonly namespaces: DecodedNamespace[] = [];
  readonly #image: ImageBytes;
  readonly #findings: FindingList;
  readonly #erased = new Set<StoredItem>();

  /** Loads all pages of an image; reports what the device erases and cannot use. */
  constructor(image: ImageBytes, pages: readonly StoredPage[], findings: FindingList) {
    this.#image = image;
    this.#findings = findings;
    const inUse = pages.filter((page) => isInUse(page.state));
    this.found = inUse;
    // Stable: of two pages with one sequence number, the device takes the first one first.
    inUse.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
    for (const page of inUse) this.pages.push(this.#loadPage(page));
    // A smaller partition can only be read: the device leaves its pages as they are.
    if (image.bytes.length >= MIN_WRITABLE_SIZE) {
      this.#eraseOlderCopyOfLastItem();
      this.#finishFreeing(pages.length - inUse.length);
      this.#checkFreePages(pages.length - this.pages.length);
    }
    this.#loadNamespaces();
    const indexes = this.#tallyBlobs();
    this.#eraseMismatched(indexes);
    this.#eraseOrphans(indexes);
  }

  /** Whether the device still has the item after it started. */
  isAlive(item: StoredItem): boolean {
    return !this.#erased.has(item);
  }

  /** Entries marked written, over all pages. */
  get usedEntries(): number {
    let used = 0;
    for (const { entryStates } of this.pages) {
      for (const state of entryStates) if (state === ENTRY_STATE.written) used++;
    }
    return used;
  }

  #loadPage(page: StoredPage): LoadedPage {
    const loaded: LoadedPage = {
      page,
      entryStates: page.entryStates.slice(),
      items: [],
      byIdentity: new Map(),
    };
    if (page.state === "active") this.#loadActivePage(loaded);
    else this.#loadClosedPage(loaded);
    return loaded;
  }

  #loadClosedPage(loaded: LoadedPage): void {
    for (let entry = 0; entry < ENTRY_COUNT; entry++) {
      if (loaded.entryStates[entry] !== ENTRY_STATE.written) continue;
      const item = loaded.page.itemAt(entry);
      if (item === undefined || !isWhole(loaded, item)) this.#eraseAt(loaded, entry);
      else remember(loaded, item);
      if (item !== undefined) entry += item.span - 1;
    }
  }

  #loadActivePage(loaded: LoadedPage): void {
    const { entryStates, page } = loaded;
    const end = this.#eraseHalfWritten(loaded);
    let lastEntry: number | undefined;
    for (let entry = 0; entry < end; entry++) {
      if (entryStates[entry] === ENTRY_STATE.erased) {
        lastEntry = undefined;
        continue;
      }
      if (entryStates[entry] === ENTRY_STATE.illegal) {
        lastEntry = undefined;
        this.#eraseAt(loaded, entry);
        continue;
      }
      lastEntry = entry;
      const item = page.itemAt(entry);
      if (item === undefined) {
        this.#eraseAt(loaded, entry);
        continue;
      }
      if (isWhole(loaded, item)) {
        const earlier = this.#firstAlive(loaded, identityOfItem(item));
        remember(loaded, item);
        if (item.findable && earlier !== undefined) this.#eraseAt(loaded, earlier.entryIndex);
      } else {
        lastEntry = undefined;
        this.#eraseAt(loaded, entry);
      }
      entry += item.span - 1;
    }
    if (lastEntry !== undefined) this.#eraseEarlierCopyInPage(loaded, lastEntry);
  }

  /**
   * Power may be lost after an entry's data are written but before its state
   * is: the device erases from the first empty entry on until one is blank.
   * Returns where its search for items ends.
   */
  #eraseHalfWritten({ entryStates, page }: LoadedPage): number {
    let next = entryStates.indexOf(ENTRY_STATE.empty);
    if (next === -1) return ENTRY_COUNT;
    while (next < ENTRY_COUNT && isHalfWritten(this.#image, page.index, next)) {
      entryStates[next] = ENTRY_STATE.erased;
      next++;
    }
    return next;
  }

  /**
   * The device looks once more for an earlier copy of the last item, by what
   * its header says even if the header was damaged, and of a chunk by its key
   * alone.
   */
  #eraseEarlierCopyInPage(loaded: LoadedPage, lastEntry: number): void {
    const { bytes } = this.#image;
    const offset = offsetOfEntry(loaded.page.index, lastEntry);
    const type = bytes[offset + ENTRY_AT.type];
    const namespaceIndex = bytes[offset + ENTRY_AT.namespaceIndex]!;
    const { lookupKey } = readKey(bytes, offset + ENTRY_AT.key);
    const earlier = type === ITEM_TYPE.blobData
      ? loaded.items.find((item) =>
        this.isAlive(item) && item.type === "blobData" &&
        item.namespaceIndex === namespaceIndex && item.lookupKey === lookupKey
      )
      : this.#firstAlive(loaded, identityOf(namespaceIndex, CHUNK_ANY, lookupKey));
    if (earlier === undefined || earlier.entryIndex >= lastEntry) return;
    if (type === bytes[earlier.offset + ENTRY_AT.type]) {
      this.#eraseAt(loaded, earlier.entryIndex);
    }
  }

  #checkFreePages(freePages: number): void {
    if (freePages > 0) return;
    this.#findings.add(
      "no-free-page",
      {},
      "no page is free; a device refuses the partition unless its table says readonly",
    );
  }

  /** Power may be lost after a value's new copy is written but before the old one is erased. */
  #eraseOlderCopyOfLastItem(): void {
    const lastPage = this.pages.at(-1);
    const last = lastPage?.items.findLast((item) => this.isAlive(item));
    if (last === undefined) return;
    const identity = identityOfItem(last);
    for (const type of last.type === "blobIdx" ? ["blobIdx", "blob"] as const : [last.type]) {
      for (const loaded of this.pages.slice(0, -1)) {
        if (loaded.page.state === "freeing") continue;
        const older = this.#firstAlive(loaded, identity);
        if (older?.type === type) return this.#eraseAt(loaded, older.entryIndex);
      }
    }
  }

  /** A move that power loss interrupted starts again: the incomplete copy goes, the page is last. */
  #finishFreeing(freePages: number): void {
    const position = this.pages.findIndex(({ page }) => page.state === "freeing");
    for (const { page } of this.pages) {
      if (page.state !== "freeing") continue;
      this.#findings.add(
        "page-freeing",
        { page: page.index },
        "was being moved when power was lost; a device starts the move again",
      );
    }
    if (position === -1) return;
    const freeing = this.pages[position]!;
    const copyIsLast = this.pages.at(-1)!.page.state === "active";
    if (!copyIsLast && freePages === 0) return; // no page to move to
    if (copyIsLast) this.pages.pop();
    this.pages.splice(position, 1);
    this.pages.push(freeing);
  }

  #loadNamespaces(): void {
    const byName = new Map<string, DecodedNamespace>();
    const byIndex = new Map<number, DecodedNamespace>();
    for (const item of this.aliveItems()) {
      if (item.namespaceIndex !== NAMESPACE_TABLE_INDEX) continue;
      const place = { page: item.pageIndex, entry: item.entryIndex };
      const number = item.type === "u8" ? numberOf(this.#image, item) : undefined;
      const index = Number(number?.value ?? NAMESPACE_TABLE_INDEX);
      const isValid = index !== NAMESPACE_TABLE_INDEX && index <= MAX_NAMESPACES;
      if (!isValid) {
        this.#findings.add(
          "namespace-entry",
          place,
          `"${item.key}": a namespace is a u8 of 1 to ${MAX_NAMESPACES}`,
          { stored: number === undefined ? item.type : `${index}` },
        );
      }
      if (number === undefined) continue;
      const twin = byName.get(item.key) ?? byIndex.get(index);
      if (isValid && twin !== undefined) {
        this.#findings.add(
          "namespace-duplicate",
          place,
          `"${item.key}" has index ${index}, but "${twin.name}" with index ${twin.index} came before`,
        );
      }
      const namespace = { name: item.key, index };
      this.namespaces.push(namespace);
      if (!byName.has(item.key)) byName.set(item.key, namespace);
      if (!byIndex.has(index)) byIndex.set(index, namespace);
    }
  }

  #tallyBlobs(): Map<string, IndexTally[]> {
    const indexes = new Map<string, IndexTally[]>();
    for (const item of this.aliveItems()) {
      if (item.type !== "blobIdx") continue;
      const tally = {
        item,
        ...readIndex(this.#image, item),
        observedChunks: 0,
        observedBytes: 0,
      };
      append(indexes, blobOf(item), tally);
    }
    for (const item of this.aliveItems()) {
      if (item.type !== "blobData") continue;
      const tally = indexes.get(blobOf(item))?.find(({ chunkStart }) => {
        const end = chunkStart === CHUNK_START.version0 ? CHUNK_START.version1 : CHUNK_ANY;
        return item.chunkIndex >= chunkStart && item.chunkIndex < end;
      });
      if (tally === undefined) continue;
      tally.observedChunks++;
      tally.observedBytes += item.dataSize;
    }
    return indexes;
  }

  #eraseMismatched(indexes: Map<string, IndexTally[]>): void {
    for (const [blob, tallies] of indexes) {
      const sound = tallies.filter((tally) => this.#isSound(tally));
      if (sound.length < tallies.length) indexes.set(blob, sound);
    }
  }

  #isSound(tally: IndexTally): boolean {
    const { item, chunkCount, chunkStart, observedChunks, observedBytes } = tally;
    if (observedChunks === chunkCount && observedBytes === item.dataSize) return true;
    this.#findings.add(
      "blob-index-mismatch",
      { page: item.pageIndex, entry: item.entryIndex },
      `"${item.key}": the chunks are not those that the index counts; a device erases the blob`,
      {
        stored: `${chunkCount} chunks, ${item.dataSize} bytes`,
        computed: `${observedChunks} chunks, ${observedBytes} bytes`,
      },
    );
    // The device erases the first index that looks like this one, which need not be this one.
    for (const loaded of this.pages) {
      const like = this.#firstIndex(loaded, identityOfItem(item), chunkStart);
      if (like === undefined) continue;
      this.#eraseAt(loaded, like.entryIndex);
      break;
    }
    return false;
  }

  #eraseOrphans(indexes: Map<string, IndexTally[]>): void {
    for (const loaded of this.pages) {
      for (const item of loaded.items) {
        if (item.type !== "blobData" || !this.isAlive(item)) continue;
        const hasIndex = indexes.get(blobOf(item))?.some(({ chunkStart, chunkCount }) =>
          item.chunkIndex >= chunkStart && item.chunkIndex < chunkStart + chunkCount
        );
        if (hasIndex) continue;
        this.#findings.add(
          "blob-orphan-chunk",
          { page: item.pageIndex, entry: item.entryIndex },
          `"${item.key}": no blob index counts chunk ${item.chunkIndex}; a device erases it`,
        );
        const like = this.#firstAlive(loaded, identityOfItem(item));
        if (like?.type === "blobData") this.#eraseAt(loaded, like.entryIndex);
      }
    }
  }

  /** The items that the device still has after it started, oldest page first. */
  *aliveItems(): Generator<StoredItem> {
    for (const { items } of this.pages) {
      for (const item of items) if (this.isAlive(item)) yield item;
    }
  }

  /** The first item of a page under an identity; what the device's search in a page stops at. */
  #firstAlive(loaded: LoadedPage, identity: string): StoredItem | undefined {
    return loaded.byIdentity.get(identity)?.find((item) => item.findable && this.isAlive(item));
  }

  /**
   * The first blob index of a page with this first chunk. An item of another
   * type ends the search, but the device looks at the byte of the first chunk
   * before it looks at the type.
   */
  #firstIndex(loaded: LoadedPage, identity: string, chunkStart: number): StoredItem | undefined {
    for (const item of loaded.byIdentity.get(identity) ?? []) {
      if (!item.findable || !this.isAlive(item)) continue;
      if (readIndex(this.#image, item).chunkStart !== chunkStart) continue;
      return item.type === "blobIdx" ? item : undefined;
    }
    return undefined;
  }

  /** Erases an entry, and with a header that the device accepts all of its item. */
  #eraseAt({ entryStates, page }: LoadedPage, entryIndex: number): void {
    const isWritten = entryStates[entryIndex] === ENTRY_STATE.written;
    const item = isWritten ? page.itemAt(entryIndex) : undefined;
    entryStates.fill(ENTRY_STATE.erased, entryIndex, entryIndex + (item?.span ?? 1));
    if (item !== undefined) this.#erased.add(item);
  }
}

/** What the chunks and the indexes of one blob have in common. */
function blobOf(item: StoredItem): string {
  return `${item.namespaceIndex}/${item.lookupKey}`;
}
