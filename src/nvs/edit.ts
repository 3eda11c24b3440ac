import type { PartitionContents } from "./diff.ts";
import type { Item, KeyItem } from "./item.ts";

/** A key, by its namespace and its name. */
export interface KeyName {
  namespace: string;
  key: string;
}

/** Changes to what a partition holds. */
export interface Edits {
  /** Values to store, in place of what their keys hold, or as new keys. */
  set: readonly KeyItem[];
  /** Keys to remove. */
  unset: readonly KeyName[];
}

/** What comes out of edits. */
export interface Edited {
  /** All that the partition holds then: keys where they stood, new ones behind them. */
  items: Item[];
  /** Keys that were to be removed and are not there. */
  missing: KeyName[];
}

/** Applies edits to what a partition holds. A namespace stays when its last key goes. */
export function applyEdits({ entries, namespaces }: PartitionContents, edits: Edits): Edited {
  const setByName = new Map(edits.set.map((item) => [idOf(item), item]));
  const unset = new Set(edits.unset.map(idOf));
  const items: Item[] = [];
  const found = new Set<string>();
  for (const entry of entries) {
    const id = idOf(entry);
    found.add(id);
    if (!unset.has(id)) items.push(setByName.get(id) ?? entry);
  }
  for (const [id, item] of setByName) if (!found.has(id)) items.push(item);
  const named = new Set(items.map(({ namespace }) => namespace));
  for (const { name } of namespaces) {
    if (!named.has(name)) items.push({ namespace: name, type: "namespace" });
  }
  return { items, missing: edits.unset.filter((name) => !found.has(idOf(name))) };
}

/** Names hold no NUL. */
function idOf({ namespace, key }: KeyName): string {
  return `${namespace}\0${key}`;
}
