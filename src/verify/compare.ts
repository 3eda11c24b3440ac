/**
 * Holds what an image contains against what its CSV row says.
 *
 * @module
 */

import type { DecodedEntry, DecodedPartition, DecodedValue } from "../nvs/decoded.ts";
import type { Item } from "../nvs/item.ts";

/** A key that is not as the CSVs say. */
export interface KeyMismatch {
  namespace: string;
  /** Absent for a namespace as such. */
  key?: string;
  /** For a namespace as such: whether it is missing, or else surplus. */
  isMissing?: boolean;
  /** What the CSVs say; absent for what they do not name. */
  expected?: DecodedValue;
  /** What the image holds; absent for what is missing. */
  found?: DecodedValue;
}

/**
 * Compares every item with the decoded image: right value, right type, nothing
 * missing, nothing surplus. Companions of Wi-Fi keys are among the items.
 */
export function compareWithItems(
  items: readonly Item[],
  decoded: DecodedPartition,
): KeyMismatch[] {
  // A damaged image may hold a key more than once.
  const found = Map.groupBy(decoded.entries, ({ namespace, key }) => idOf(namespace, key));
  const namespaces = new Set(decoded.namespaces.map(({ name }) => name));
  const expectedNamespaces = new Set<string>();
  const mismatches: KeyMismatch[] = [];

  for (const item of items) {
    const { namespace } = item;
    if (!expectedNamespaces.has(namespace)) {
      expectedNamespaces.add(namespace);
      if (!namespaces.has(namespace)) mismatches.push({ namespace, isMissing: true });
    }
    if (item.type === "namespace") continue;
    const expected = valueOf(item);
    const id = idOf(namespace, item.key);
    const entries = found.get(id) ?? [];
    const same = entries.findIndex((entry) => isSameValue(expected, entry));
    const [entry] = entries.splice(Math.max(same, 0), 1);
    if (same < 0) {
      mismatches.push({
        namespace,
        key: item.key,
        expected,
        ...(entry === undefined ? {} : { found: entry }),
      });
    }
  }
  for (const entry of [...found.values()].flat()) mismatches.push(surplus(entry));
  for (const name of namespaces) {
    if (!expectedNamespaces.has(name) && !decoded.entries.some((e) => e.namespace === name)) {
      mismatches.push({ namespace: name, isMissing: false });
    }
  }
  return mismatches;
}

function idOf(namespace: string, key: string): string {
  return `${namespace}\0${key}`;
}

function surplus(entry: DecodedEntry): KeyMismatch {
  return { namespace: entry.namespace, key: entry.key, found: entry };
}

function valueOf(item: Exclude<Item, { type: "namespace" }>): DecodedValue {
  switch (item.type) {
    case "string":
      return { type: "str", value: item.value };
    case "blob":
      return { type: "blob", value: item.value };
    default:
      return { type: item.type, value: BigInt(item.value) };
  }
}

function isSameValue(a: DecodedValue, b: DecodedValue): boolean {
  if (a.type !== b.type) return false;
  if (a.value instanceof Uint8Array && b.value instanceof Uint8Array) {
    const other = b.value;
    return a.value.length === other.length && a.value.every((byte, at) => byte === other[at]);
  }
  return a.value === b.value;
}
