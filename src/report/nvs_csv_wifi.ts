/**
 * `image` adds the Wi-Fi driver's companion entries by itself, so a CSV must
 * not name them, and must give the credentials in the form from which the same
 * companions come.
 *
 * @module
 */

import { companionKeys, WifiCompanions } from "../input/wifi_companions.ts";
import { LITTLE_ENDIAN } from "../nvs/constants.ts";
import type { KeyItem } from "../nvs/item.ts";
import type { Item } from "../nvs/item.ts";
import type { NvsCsvRow } from "./nvs_csv_row.ts";
import { nameOf } from "./text.ts";

const ACCESS_POINT_TEXTS = ["ap.ssid", "ap.passwd"];
const PMK_INFO_KEY = "ap.pmk_info";

/** The rows without those of companions, and which companions will not be as they were. */
export function settleWifi(
  rows: readonly NvsCsvRow[],
  entries: readonly KeyItem[],
): { rows: NvsCsvRow[]; losses: string[] } {
  let chosen = [...rows];
  for (const pmkInfo of entries.filter(({ key }) => key === PMK_INFO_KEY)) {
    chosen = chooseTexts(chosen, pmkInfo);
  }
  const losses: string[] = [];
  for (const { namespace, key, value } of companionsOf(chosen)) {
    const stored = entries.find((entry) => entry.namespace === namespace && entry.key === key);
    chosen = chosen.filter(({ item }) => item.namespace !== namespace || item.key !== key);
    if (stored === undefined) {
      losses.push(
        `${nameOf({ namespace, key })}: is not there, but image adds it to the Wi-Fi keys`,
      );
    } else if (!isSame(stored, value)) {
      losses.push(`${nameOf(stored)}: image adds this Wi-Fi companion with other contents`);
    }
  }
  for (const { namespace, key, cause } of companionKeys(chosen.map(({ item }) => item))) {
    const refused = chosen.find(({ item }) => item.namespace === namespace && item.key === key);
    if (refused === undefined) continue;
    chosen = chosen.filter((row) => row !== refused);
    losses.push(`${nameOf(refused.item)}: image refuses this Wi-Fi companion beside ${cause}`);
  }
  return { rows: chosen, losses };
}

interface Companion {
  namespace: string;
  key: string;
  value: Uint8Array;
}

/** What `image` adds to these rows. */
function companionsOf(rows: readonly NvsCsvRow[]): Companion[] {
  const companions = new WifiCompanions();
  const added: Companion[] = [];
  for (const { item, value } of rows) {
    const items: Item[] = [];
    companions.push(items, item, value);
    for (const other of items) {
      if (other !== item && other.type === "blob") added.push(other);
    }
  }
  return added;
}

function isSame(stored: KeyItem, value: Uint8Array): boolean {
  return stored.type === "blob" && stored.value.toHex() === value.toHex();
}

/**
 * The access point's master key comes from the text of two cells: of all
 * encodings that make the same bytes, takes those that make this key too.
 */
function chooseTexts(rows: readonly NvsCsvRow[], pmkInfo: KeyItem): NvsCsvRow[] {
  const own = rows.filter(({ item }) => item.namespace === pmkInfo.namespace);
  const [ssid, password] = ACCESS_POINT_TEXTS.map((key) =>
    own.find(({ item }) => item.key === key)
  );
  if (ssid === undefined || password === undefined) return [...rows];
  for (const ssidRow of alternatives(ssid)) {
    for (const passwordRow of alternatives(password)) {
      const replace = (row: NvsCsvRow) =>
        row === ssid ? ssidRow : row === password ? passwordRow : row;
      const companion = companionsOf(own.map(replace)).find(({ key }) => key === PMK_INFO_KEY);
      if (companion !== undefined && isSame(pmkInfo, companion.value)) return rows.map(replace);
    }
  }
  return [...rows];
}

/** The ways to write a blob that holds a text. */
function alternatives(row: NvsCsvRow): NvsCsvRow[] {
  const { item } = row;
  if (item.type !== "blob") return [row];
  const { value } = item;
  const found: NvsCsvRow[] = [];
  const add = (encoding: string, bytes: Uint8Array) => {
    const text = textOf(bytes);
    if (text !== undefined) found.push({ item, encoding, value: text });
  };
  const filling = (rest: Uint8Array, textSize: number, name: string) => {
    const padding = rest.at(textSize) ?? 0;
    if (rest.subarray(textSize).some((byte) => byte !== padding)) return;
    const digits = padding.toString(16).padStart(2, "0");
    add(`${name}(${rest.length};0x${digits})`, rest.subarray(0, textSize));
  };

  const headerSize = Uint32Array.BYTES_PER_ELEMENT;
  if (value.length >= headerSize) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const textSize = view.getUint32(0, LITTLE_ENDIAN);
    const rest = value.subarray(headerSize);
    if (textSize <= rest.length) filling(rest, textSize, "blob_sz_fill");
  }
  const last = value.at(-1);
  const textSize = value.findLastIndex((byte) => byte !== last) + 1;
  if (last !== undefined) filling(value, textSize, "blob_fill");
  add("binary", value);
  return [...found, row];
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that a CSV cell can hold. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = strictUtf8.decode(bytes);
    return /[\0\r]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
