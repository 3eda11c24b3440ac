import type { KeyItem } from "../nvs/item.ts";

/** A row of an NVS CSV, and what `image` makes of it. */
export interface NvsCsvRow {
  item: KeyItem;
  encoding: string;
  value: string;
}
