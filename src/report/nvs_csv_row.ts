import type { Item } from "../nvs/item.ts";

/** A row of an NVS CSV, and what `image` makes of it. */
export interface NvsCsvRow {
  item: Exclude<Item, { type: "namespace" }>;
  encoding: string;
  value: string;
}
