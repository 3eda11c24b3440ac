import { inHex, type Partition } from "../flash/partition.ts";
import type { DecodedEntry, DecodedPartition } from "../nvs/decoded.ts";
import { compareText } from "../nvs/diff.ts";
import type { KeySearch } from "../verify/key_search.ts";
import { printable, quoted } from "./text.ts";

/** An image that was read, as all reports show it. */
export interface ImageView {
  /** Path as the user gave it. */
  file: string;
  /** Where the image is, if the file is the dump of a whole flash. */
  partition?: Partition;
  /** Of the image as it is stored, in hexadecimal. */
  sha256: string;
  /** Whether the image is encrypted; `plain` is not. */
  isEncrypted: boolean;
  /** The image, decrypted. */
  plain: Uint8Array;
  decoded: DecodedPartition;
  /** How its key was found, if it was searched for. */
  keySearch?: KeySearch;
}

/** `partition "nvs" at 0x9000`. */
export function partitionText({ label, offset }: Partition): string {
  return `partition ${quoted(label)} at ${inHex(offset)}`;
}

/** The file of an image, with its place in a dump: `dump.bin, partition "nvs" at 0x9000`. */
export function sourceText({ file, partition }: ImageView): string {
  return [printable(file), ...(partition === undefined ? [] : [partitionText(partition)])]
    .join(", ");
}

/** A partition for programs. */
export function partitionJson({ label, offset, sizeBytes }: Partition) {
  return { label, offset, bytes: sizeBytes };
}

/** The entries by namespace and key; of one key's values the one that a device finds first. */
export function sortedEntries({ entries }: DecodedPartition): DecodedEntry[] {
  return entries.toSorted((a, b) =>
    compareText(a.namespace, b.namespace) || compareText(a.key, b.key)
  );
}

/** Names of namespaces without a key. */
export function emptyNamespaces({ namespaces, entries }: DecodedPartition): string[] {
  const used = new Set(entries.map(({ namespace }) => namespace));
  const names = new Set(namespaces.map(({ name }) => name));
  return [...names].filter((name) => !used.has(name));
}
