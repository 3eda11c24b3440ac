import { nearestOfNumber } from "./floating.ts";
import type { Item, KeyItem } from "./item.ts";
import type { Value } from "./value.ts";

const utf8 = new TextEncoder();

/** What of a partition is compared: a decoded one has it, and so have items. */
export interface PartitionContents {
  /** Keys with their values. */
  entries: readonly KeyItem[];
  /** Namespaces, with keys or without. */
  namespaces: readonly { name: string }[];
}

/** What a partition made of these items holds. */
export function contentsOf(items: readonly Item[]): PartitionContents {
  const names = new Set(items.map(({ namespace }) => namespace));
  return {
    entries: items.filter((item) => item.type !== "namespace"),
    namespaces: Array.from(names, (name) => ({ name })),
  };
}

/** One way in which the keys of two partitions differ. */
export type KeyDifference =
  | { kind: "added"; namespace: string; key: string; after: Value }
  | { kind: "removed"; namespace: string; key: string; before: Value }
  | {
    kind: "changed";
    namespace: string;
    key: string;
    before: Value;
    after: Value;
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
function entriesByKey({ entries }: PartitionContents): Map<string, KeyItem> {
  const byKey = new Map<string, KeyItem>();
  for (const entry of entries) {
    let ordinal = 0;
    while (byKey.has(idOf(entry, ordinal))) ordinal++;
    byKey.set(idOf(entry, ordinal), entry);
  }
  return byKey;
}

function idOf({ namespace, key }: KeyItem, ordinal: number): string {
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
function valueOf({ type, value }: KeyItem): Value {
  return { type, value } as Value;
}

/** Whether both are stored as the same bytes. */
function isSameValue(a: Value, b: Value): boolean {
  if (a.type !== b.type) return false;
  const before = comparable(a);
  const after = comparable(b);
  return typeof before === "object" || typeof after === "object"
    ? isSameBytes(bytesOf(before), bytesOf(after))
    : Object.is(before, after);
}

function comparable({ type, value }: Value): Value["value"] {
  switch (type) {
    case "float":
    case "double":
      return nearestOfNumber(value, type);
    case "string":
    case "blob":
      return value;
    default:
      return BigInt(value);
  }
}

function bytesOf(value: Value["value"]): Uint8Array {
  return value instanceof Uint8Array ? value : utf8.encode(`${value}`);
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
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
