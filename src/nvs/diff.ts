import type { DecodedValue } from "./decoded.ts";
import type { Item } from "./item.ts";

/** A value under its key. */
export type KeyedValue = DecodedValue & { namespace: string; key: string };

/** What of a partition is compared: a decoded one has it, and so have items. */
export interface PartitionContents {
  entries: readonly KeyedValue[];
  namespaces: readonly { name: string }[];
}

/** What a partition made of these items holds. */
export function contentsOf(items: readonly Item[]): PartitionContents {
  const entries: KeyedValue[] = [];
  const names = new Set<string>();
  for (const item of items) {
    const { namespace } = item;
    names.add(namespace);
    switch (item.type) {
      case "namespace":
        break;
      case "string":
        entries.push({ namespace, key: item.key, type: "str", value: item.value });
        break;
      case "blob":
        entries.push({ namespace, key: item.key, type: "blob", value: item.value });
        break;
      default:
        entries.push({ namespace, key: item.key, type: item.type, value: BigInt(item.value) });
    }
  }
  return { entries, namespaces: Array.from(names, (name) => ({ name })) };
}

/** One way in which the keys of two partitions differ. */
export type KeyDifference =
  | { kind: "added"; namespace: string; key: string; after: DecodedValue }
  | { kind: "removed"; namespace: string; key: string; before: DecodedValue }
  | {
    kind: "changed";
    namespace: string;
    key: string;
    before: DecodedValue;
    after: DecodedValue;
  }
  /** A namespace that only one of the two has, with or without keys in it. */
  | { kind: "namespace-added" | "namespace-removed"; namespace: string };

/**
 * What changed from partition `a` to partition `b`, by namespace and key; a
 * namespace that came or went stands before its keys. Only what a device
 * returns counts: where a key is stored, and what was erased, does not.
 */
export function diffPartitions(a: PartitionContents, b: PartitionContents): KeyDifference[] {
  const before = entriesByKey(a);
  const after = entriesByKey(b);
  const differences: KeyDifference[] = [];
  for (const [id, old] of before) {
    const { namespace, key } = old;
    const now = after.get(id);
    if (now === undefined) {
      differences.push({ kind: "removed", namespace, key, before: valueOf(old) });
    } else if (!isSameValue(old, now)) {
      differences.push({
        kind: "changed",
        namespace,
        key,
        before: valueOf(old),
        after: valueOf(now),
      });
    }
  }
  for (const [id, now] of after) {
    const { namespace, key } = now;
    if (!before.has(id)) {
      differences.push({ kind: "added", namespace, key, after: valueOf(now) });
    }
  }
  differences.push(...namespaceDifferences(a, b));
  return differences.sort(compareDifferences);
}

/** A damaged image may have one key with several types: they are told apart by their order. */
function entriesByKey({ entries }: PartitionContents): Map<string, KeyedValue> {
  const byKey = new Map<string, KeyedValue>();
  for (const entry of entries) {
    let ordinal = 0;
    while (byKey.has(idOf(entry, ordinal))) ordinal++;
    byKey.set(idOf(entry, ordinal), entry);
  }
  return byKey;
}

function idOf({ namespace, key }: KeyedValue, ordinal: number): string {
  // Neither a namespace nor a key can hold a NUL.
  return `${namespace}\0${key}\0${ordinal}`;
}

function namespaceDifferences(a: PartitionContents, b: PartitionContents): KeyDifference[] {
  const before = new Set(a.namespaces.map(({ name }) => name));
  const after = new Set(b.namespaces.map(({ name }) => name));
  const differences: KeyDifference[] = [];
  for (const namespace of before) {
    if (!after.has(namespace)) differences.push({ kind: "namespace-removed", namespace });
  }
  for (const namespace of after) {
    if (!before.has(namespace)) differences.push({ kind: "namespace-added", namespace });
  }
  return differences;
}

/** The value without its place. */
function valueOf({ type, value }: KeyedValue): DecodedValue {
  return { type, value } as DecodedValue;
}

function isSameValue(a: DecodedValue, b: DecodedValue): boolean {
  if (a.type !== b.type) return false;
  if (a.value instanceof Uint8Array && b.value instanceof Uint8Array) {
    return isSameBytes(a.value, b.value);
  }
  return Object.is(a.value, b.value);
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function compareDifferences(a: KeyDifference, b: KeyDifference): number {
  return compareText(a.namespace, b.namespace) || compareText(keyOf(a), keyOf(b));
}

/** No key is empty, so that a namespace stands before its keys. */
function keyOf(difference: KeyDifference): string {
  return "key" in difference ? difference.key : "";
}

/** By code units: the same order on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
