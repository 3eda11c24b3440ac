import { ENTRY_COUNT, type FormatVersion } from "../nvs/constants.ts";
import type { Problems } from "../problems/problems.ts";
import type { Place } from "../problems/problems.ts";
import type { Item, KeyItem } from "../nvs/item.ts";
import { assertFits, PartitionFullError } from "../nvs/partition.ts";
import { type Geometry, ItemSizeError, type Layout, placeItems } from "../nvs/placement.ts";

/**
 * Lays the items of one image out; `undefined` after a problem.
 *
 * @param file The file to name when it is about no single key.
 * @param placeOf Where a key was given.
 */
export function layOut(
  items: readonly Item[],
  formatVersion: FormatVersion,
  geometry: Geometry,
  file: string,
  placeOf: (item: KeyItem) => Place,
  problems: Problems,
): Layout | undefined {
  try {
    const layout = placeItems(items, formatVersion);
    assertFits(layout, geometry);
    return layout;
  } catch (error) {
    if (error instanceof ItemSizeError) {
      const { item } = error;
      problems.add(
        item.type === "namespace" ? { file } : placeOf(item),
        "value-too-large",
        error.message,
      );
    } else if (error instanceof PartitionFullError) {
      problems.add(
        { file },
        "partition-full",
        `its data ${error.message}; give a larger size, or less data`,
      );
    } else throw error;
    return undefined;
  }
}

/** "12288 bytes, encrypted, 10 of 252 entries used". */
export function imageText(
  sizeBytes: number,
  isEncrypted: boolean,
  layout: Layout,
  geometry: Geometry,
): string {
  const encrypted = isEncrypted ? ", encrypted" : "";
  const total = geometry.usablePages * ENTRY_COUNT;
  return `${sizeBytes} bytes${encrypted}, ${layout.usedEntries} of ${total} entries used`;
}
