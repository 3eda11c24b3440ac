/**
 * An image as an NVS CSV (`key,type,encoding,value`), from which `image` makes
 * one with the same contents.
 *
 * @module
 */

import { stringify } from "@std/csv/stringify";
import { nameCellFault } from "../input/name_cell.ts";
import { ESCAPED_BYTE } from "../nvs/decode_items.ts";
import type { PartitionContents } from "../nvs/diff.ts";
import type { KeyItem } from "../nvs/item.ts";
import { floatingText } from "../nvs/floating.ts";
import type { NvsCsvRow } from "./nvs_csv_row.ts";
import { settleWifi } from "./nvs_csv_wifi.ts";
import { nameOf, printable } from "./text.ts";

/** A CSV, and what it cannot say. */
export interface NvsCsv {
  /** The CSV, lines ended by CRLF. */
  text: string;
  /** Keys left out or changed, each with the reason; none if nothing is lost. */
  losses: string[];
}

/**
 * The CSV of a partition. Namespaces stand in the order of the table, keys as
 * they are stored, so that the same size is enough for the new image.
 */
export function nvsCsv({ namespaces, entries }: PartitionContents): NvsCsv {
  const losses: string[] = [];
  const names = new Set(namespaces.map(({ name }) => name));
  const rows: NvsCsvRow[] = [];
  for (const name of names) {
    const fault = nameLoss(name);
    if (fault !== undefined) losses.push(`namespace ${printable(name)}: its name ${fault}`);
    const keys = new Set<string>();
    for (const entry of entries) {
      if (entry.namespace !== name) continue;
      const isSecond = keys.has(entry.key);
      const loss = fault === undefined
        ? isSecond ? "is there twice, with different types" : entryLoss(entry)
        : "its namespace is left out";
      keys.add(entry.key);
      if (loss === undefined) rows.push(rowOf(entry));
      else losses.push(`${nameOf(entry)}: ${loss}`);
    }
  }
  const settled = settleWifi(rows, entries);
  losses.push(...settled.losses);

  const lines: string[][] = [["key", "type", "encoding", "value"]];
  for (const name of names) {
    if (nameLoss(name) !== undefined) continue;
    lines.push([name, "namespace", "", ""]);
    for (const { item, encoding, value } of settled.rows) {
      if (item.namespace === name) lines.push([item.key, "data", encoding, value]);
    }
  }
  return { text: stringify(lines), losses };
}

function nameLoss(name: string): string | undefined {
  if (name.includes("\r")) return "holds a carriage return, which no CSV cell keeps";
  if (ESCAPED_BYTE.test(name)) return "is not UTF-8";
  return nameCellFault(name);
}

/** Why no row stands for an entry. */
function entryLoss({ key, type, value }: KeyItem): string | undefined {
  const fault = nameLoss(key);
  if (fault !== undefined) return `its key ${fault}`;
  if (Number.isNaN(value)) return `it is NaN, which image refuses`;
  if (type !== "string") return undefined;
  if (typeof value !== "string") {
    return value.includes(0)
      ? "the string holds a NUL, which would end it"
      : "the string is not UTF-8";
  }
  if (value.includes("\r")) return "the string holds a carriage return, which no CSV cell keeps";
  return undefined;
}

function rowOf(entry: KeyItem): NvsCsvRow {
  const { type, value } = entry;
  switch (type) {
    case "float":
    case "double":
      return { item: entry, encoding: type, value: floatingText(type, value) };
    case "blob":
      return { item: entry, encoding: "hex2bin", value: value.toHex() };
    default:
      return { item: entry, encoding: type, value: `${value}` };
  }
}
