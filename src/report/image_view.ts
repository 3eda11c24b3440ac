import type { DecodedEntry, DecodedPartition } from "../nvs/decoded.ts";

/** An image that was read, as all reports show it. */
export interface ImageView {
  /** Path as the user gave it. */
  file: string;
  /** Of the file as it is, in hexadecimal. */
  sha256: string;
  /** Whether the file is encrypted; `plain` is not. */
  isEncrypted: boolean;
  /** The image, decrypted. */
  plain: Uint8Array;
  decoded: DecodedPartition;
}

/** The entries by namespace and key; of one key's values the one that a device finds first. */
export function sortedEntries({ entries }: DecodedPartition): DecodedEntry[] {
  return entries.toSorted((a, b) =>
    compareText(a.namespace, b.namespace) || compareText(a.key, b.key)
  );
}

/** By code units: the same order on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names of namespaces without a key. */
export function emptyNamespaces({ namespaces, entries }: DecodedPartition): string[] {
  const used = new Set(entries.map(({ namespace }) => namespace));
  const names = new Set(namespaces.map(({ name }) => name));
  return [...names].filter((name) => !used.has(name));
}
