/**
 * What only the comparison of pages and items shows to be wrong.
 *
 * @module
 */

import { ENTRY_STATE, NAMESPACE_TABLE_INDEX } from "./constants.ts";
import type { StoredItem } from "./decode_items.ts";
import type { DeviceLoad } from "./device_load.ts";
import { append, identityOfItem } from "./loaded_page.ts";
import type { FindingList } from "./findings.ts";

/** Reports pages whose order or states do not fit each other. */
export function reportPageOrder({ found }: DeviceLoad, findings: FindingList): void {
  for (const [position, page] of found.entries()) {
    const next = found[position + 1];
    if (next !== undefined && next.sequence === page.sequence) {
      findings.add(
        "page-sequence",
        { page: next.index },
        `has the same sequence number as page ${page.index}`,
        { stored: `${next.sequence}` },
      );
    }
    if (next !== undefined && page.state === "active") {
      findings.add(
        "active-page-order",
        { page: page.index },
        `is open for writing, but page ${next.index} is newer`,
      );
    }
  }
  const last = found.at(-1);
  const hasRoom = last?.entryStates.includes(ENTRY_STATE.empty);
  if (last !== undefined && hasRoom && found.every(({ state }) => state === "full")) {
    // A device that runs out of space leaves a full last page too, but one without room.
    findings.remark(
      "all-pages-full",
      { page: last.index },
      "is the last page and closed, though it has room, as old generators leave it; " +
        "a device opens another page when it writes",
    );
  }
}

/** Reports keys and chunks that are stored twice, and which one a device keeps. */
export function reportDuplicates(load: DeviceLoad, findings: FindingList): void {
  const seen = new Map<string, StoredItem>();
  for (const { items } of load.pages) {
    for (const item of items) {
      if (item.namespaceIndex === NAMESPACE_TABLE_INDEX) continue;
      const identity = identityOfItem(item);
      const earlier = seen.get(identity);
      seen.set(identity, item);
      if (earlier === undefined) continue;
      const what = item.type === "blobData" ? `chunk ${item.chunkIndex} of ` : "";
      findings.add(
        "duplicate-key",
        { page: item.pageIndex, entry: item.entryIndex },
        `${what}"${item.key}" is also at page ${earlier.pageIndex}, entry ${earlier.entryIndex}; ` +
          verdict(load, earlier, item),
      );
    }
  }
}

function verdict(load: DeviceLoad, earlier: StoredItem, later: StoredItem): string {
  if (!load.isAlive(earlier)) {
    return load.isAlive(later) ? "a device keeps this one" : "a device erases both";
  }
  if (!load.isAlive(later)) return "a device keeps that one";
  return earlier.type === later.type
    ? "a device keeps both and reads that one"
    : "a device keeps both, with different types";
}

/** One finding a namespace: a damaged table entry cuts off all of its keys at once. */
export function reportUndeclared(load: DeviceLoad, findings: FindingList): void {
  const declared = new Set(load.namespaces.map(({ index }) => index));
  const undeclared = new Map<number, StoredItem[]>();
  for (const item of load.aliveItems()) {
    const { namespaceIndex } = item;
    if (namespaceIndex === NAMESPACE_TABLE_INDEX || declared.has(namespaceIndex)) continue;
    append(undeclared, namespaceIndex, item);
  }
  for (const [index, items] of undeclared) {
    const first = items[0]!;
    findings.add(
      "namespace-undeclared",
      { page: first.pageIndex, entry: first.entryIndex },
      `"${first.key}"${items.length === 1 ? "" : ` and ${items.length - 1} more`}: ` +
        `no namespace has index ${index}; a device cannot reach its keys`,
    );
  }
}
