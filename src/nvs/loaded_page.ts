import { ENTRY_STATE } from "./constants.ts";
import { hasData, type StoredItem } from "./decode_items.ts";
import type { StoredPage } from "./decode_page.ts";

/** A page in use, while and after the device loads it. */
export interface LoadedPage {
  readonly page: StoredPage;
  /** The entry states as they are after all that the device erases. */
  readonly entryStates: Uint8Array;
  /** Items found whole when the page was loaded, by entry. */
  readonly items: StoredItem[];
  /** The same, by {@linkcode identityOf}. */
  readonly byIdentity: Map<string, StoredItem[]>;
}

/** What a device looks items up by: of one key, number and string are the same to it. */
export function identityOf(namespaceIndex: number, chunkIndex: number, lookupKey: string): string {
  return `${namespaceIndex}/${chunkIndex}/${lookupKey}`;
}

/** What a device looks an item up by. */
export function identityOfItem(item: StoredItem): string {
  return identityOf(item.namespaceIndex, item.chunkIndex, item.lookupKey);
}

/** Whether all entries of an item are there. */
export function isWhole({ entryStates }: LoadedPage, item: StoredItem): boolean {
  if (!hasData(item.type)) return true;
  const end = item.entryIndex + item.span;
  for (let entry = item.entryIndex; entry < end; entry++) {
    if (entryStates[entry] !== ENTRY_STATE.written) return false;
  }
  return true;
}

/** Takes an item into the page's lists. */
export function remember(loaded: LoadedPage, item: StoredItem): void {
  loaded.items.push(item);
  append(loaded.byIdentity, identityOfItem(item), item);
}

/** Adds to the list under a key. */
export function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
