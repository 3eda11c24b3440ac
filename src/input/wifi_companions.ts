/**
 * Quirk `wifi-companions`: Espressif's generator completes Wi-Fi credentials
 * with the entries that the Wi-Fi driver would write beside them, so that a
 * device finds them in place. The keys alone decide, in any namespace.
 *
 * @module
 */

import { pbkdf2Sync } from "node:crypto";
import type { Item, KeyItem } from "../nvs/item.ts";

const STATION_KEYS = ["sta.ssid", "sta.pswd"];
const ACCESS_POINT_KEYS = ["ap.ssid", "ap.passwd", "ap.authmode"];

/** Keys that come behind the first station key of a partition, with their bytes. */
const STATION_COMPANIONS = [
  { key: "sta.apinfo", value: new Uint8Array(140).fill(0xFF) },
  { key: "sta.pmk", value: new Uint8Array(32) },
  { key: "sta.apsw", value: new Uint8Array(2) },
];
/** The key that comes before the last of the three access point keys. */
const PMK_INFO_KEY = "ap.pmk_info";
const PMK_INFO_PREFIX_SIZE = 100;
const PMK_SIZE = 32;
const PMK_ROUNDS = 4096;

/** A key that a batch writes without naming it. */
export interface CompanionKey {
  namespace: string;
  key: string;
  /** The key of the configuration that brings it. */
  cause: string;
}

/** The keys that come with those of a configuration (for some devices, with `ap.*`). */
export function companionKeys(
  keys: readonly { namespace: string; key: string }[],
): CompanionKey[] {
  const companions: CompanionKey[] = [];
  const station = keys.find(({ key }) => STATION_KEYS.includes(key));
  if (station !== undefined) {
    for (const { key } of STATION_COMPANIONS) {
      companions.push({ namespace: station.namespace, key, cause: station.key });
    }
  }
  for (const { namespace, key } of keys) {
    if (key !== ACCESS_POINT_KEYS[0]) continue;
    const names = keys.filter((other) => other.namespace === namespace).map((other) => other.key);
    if (ACCESS_POINT_KEYS.every((name) => names.includes(name))) {
      companions.push({ namespace, key: PMK_INFO_KEY, cause: key });
    }
  }
  return companions;
}

/** What to tell a user about the companions of a configuration; nothing if there are none. */
export function companionNote(keys: readonly { namespace: string; key: string }[]): string[] {
  const companions = companionKeys(keys);
  if (companions.length === 0) return [];
  const causes = [...new Set(companions.map(({ cause }) => `"${cause}"`))].join(" and ");
  const names = [...new Set(companions.map(({ key }) => `"${key}"`))].join(", ");
  return [`${causes} brings the Wi-Fi driver's companion entries ${names} into the images`];
}

/** Adds the companions of one device's Wi-Fi credentials where they belong. */
export class WifiCompanions {
  #hasStation = false;
  readonly #accessPoints = new Map<string, Map<string, string>>();

  /**
   * Pushes an item, and the companions that come with it.
   *
   * @param text The item's value as text: of its cell, or of the file that the cell names.
   */
  push(items: Item[], item: KeyItem, text: string): void {
    if (ACCESS_POINT_KEYS.includes(item.key)) {
      const pmkInfo = this.#completeAccessPoint(item, text);
      if (pmkInfo !== undefined) items.push(pmkInfo);
    }
    items.push(item);
    if (STATION_KEYS.includes(item.key) && !this.#hasStation) {
      this.#hasStation = true;
      for (const { key, value } of STATION_COMPANIONS) {
        items.push({ namespace: item.namespace, key, type: "blob", value });
      }
    }
  }

  #completeAccessPoint(item: KeyItem, text: string): Item | undefined {
    const known = this.#accessPoints.get(item.namespace) ?? new Map<string, string>();
    this.#accessPoints.set(item.namespace, known);
    // Empty credentials, and authentication mode 0 (open), have no master key.
    if (text === "" || (item.key === "ap.authmode" && isZero(item, text))) return undefined;
    known.set(item.key, text);
    if (known.size < ACCESS_POINT_KEYS.length) return undefined;
    const value = new Uint8Array(PMK_INFO_PREFIX_SIZE + PMK_SIZE);
    value.set(
      pairwiseMasterKey(known.get("ap.ssid")!, known.get("ap.passwd")!),
      PMK_INFO_PREFIX_SIZE,
    );
    return { namespace: item.namespace, key: PMK_INFO_KEY, type: "blob", value };
  }
}

/** Whether a value is 0, however its number is written: `0x0`. */
function isZero({ value }: KeyItem, text: string): boolean {
  return typeof value === "bigint" || typeof value === "number"
    ? Number(value) === 0
    : text === "0";
}

/** Kept from one device to the next: a batch often shares its credentials, and a key costs 4096 rounds. */
let lastMasterKey: { ssid: string; password: string; bytes: Uint8Array } | undefined;

/** The WPA2 pairwise master key: PBKDF2-HMAC-SHA1 of the password, salted with the network's name. */
function pairwiseMasterKey(ssid: string, password: string): Uint8Array {
  if (lastMasterKey?.ssid !== ssid || lastMasterKey.password !== password) {
    const bytes = pbkdf2Sync(password, ssid, PMK_ROUNDS, PMK_SIZE, "sha1");
    lastMasterKey = { ssid, password, bytes };
  }
  return lastMasterKey.bytes;
}
