/**
 * The entries of a page as pictures show them: runs of cells with one meaning,
 * and what each of them is.
 *
 * @module
 */

import { ENTRY_AT } from "../nvs/constants.ts";
import { offsetOfEntry, readKey } from "../nvs/decode_items.ts";
import type { DecodedPage, EntryCellKind } from "../nvs/decoded.ts";
import type { ImageView } from "./image_view.ts";
import { printable } from "./text.ts";
import { shortValue } from "./values.ts";

/** How a kind of cell is shown. */
export interface CellLegend {
  /** Of the item's first entry, and of an entry that stands alone. */
  first: string;
  /** Of the entries behind the first. */
  next: string;
  label: string;
}

/** All kinds with their letters, in the order of the legend. */
export const CELL_LEGEND: Readonly<Record<EntryCellKind, CellLegend>> = {
  namespace: { first: "N", next: "N", label: "namespace" },
  number: { first: "#", next: "#", label: "number" },
  string: { first: "S", next: "s", label: "string" },
  "blob-data": { first: "B", next: "b", label: "blob data" },
  "blob-index": { first: "I", next: "I", label: "blob index" },
  blob: { first: "V", next: "v", label: "version 1 blob" },
  erased: { first: "x", next: "-", label: "erased" },
  empty: { first: ".", next: ".", label: "empty" },
  faulty: { first: "!", next: "!", label: "faulty" },
};

/** Entries of one item, or empty entries, side by side. */
export interface CellRun {
  kind: EntryCellKind;
  /** First entry, from 0. */
  start: number;
  entryCount: number;
}

/** The cells of a page in runs. */
export function cellRuns({ cells }: DecodedPage): CellRun[] {
  const runs: CellRun[] = [];
  let lastItem: number | undefined;
  for (const [entry, { kind, itemStart }] of cells.entries()) {
    const run = runs.at(-1);
    const isSame = run?.kind === kind && (kind === "empty" || itemStart === lastItem);
    if (run !== undefined && isSame) run.entryCount++;
    else runs.push({ kind, start: entry, entryCount: 1 });
    lastItem = itemStart;
  }
  return runs;
}

/** Whether a page has nothing in it to draw. */
export function isBlankPage({ cells }: DecodedPage): boolean {
  return cells.every(({ kind }) => kind === "empty");
}

/** The pages in their order, each alone; but blank ones of which the same is to be said together. */
export function pageGroups(pages: readonly DecodedPage[]): [DecodedPage, ...DecodedPage[]][] {
  const groups: [DecodedPage, ...DecodedPage[]][] = [];
  for (const page of pages) {
    const group = groups.at(-1);
    const isSame = group !== undefined && isBlankPage(group[0]) && isBlankPage(page) &&
      pageSummary(group[0]) === pageSummary(page);
    if (isSame) group.push(page);
    else groups.push([page]);
  }
  return groups;
}

/** "active, sequence 3, version 2, 58 used, 4 erased, 64 empty". */
export function pageSummary(page: DecodedPage): string {
  const { formatVersion } = page;
  return [
    page.state,
    ...(page.sequence === undefined ? [] : [`sequence ${page.sequence}`]),
    ...(formatVersion === undefined ? [] : [`version ${formatVersion}`]),
    `${page.used} used`,
    `${page.erased} erased`,
    `${page.empty} empty`,
  ].join(", ");
}

/** Tells what a run is: "entries 2-3: string device/serial = "SN-1"". */
export class RunDescriber {
  readonly #view: ImageView;
  readonly #values = new Map<string, string>();
  readonly #namespaces = new Map<number, string>();

  constructor(view: ImageView) {
    const { entries, erased, namespaces } = view.decoded;
    this.#view = view;
    for (const { page, entry, type, value } of entries) {
      this.#values.set(`${page}/${entry}`, `${type} = ${shortValue(type, value)}`);
    }
    for (const { page, entry, namespace, namespaceIndex, key, kind } of erased) {
      const owner = kind === "namespace" ? "" : `${printable(namespace ?? `${namespaceIndex}`)}/`;
      this.#values.set(`${page}/${entry}`, `erased ${kind} ${owner}${printable(key)}`);
    }
    for (const { name, index } of namespaces) {
      if (!this.#namespaces.has(index)) this.#namespaces.set(index, name);
    }
  }

  describe(page: DecodedPage, { kind, start, entryCount }: CellRun): string {
    const last = start + entryCount - 1;
    const place = entryCount === 1 ? `entry ${start}` : `entries ${start}-${last}`;
    return `page ${page.index}, ${place}: ${this.#contents(page, kind, start)}`;
  }

  #contents(page: DecodedPage, kind: EntryCellKind, start: number): string {
    const known = this.#values.get(`${page.index}/${start}`);
    const { label } = CELL_LEGEND[kind];
    switch (kind) {
      case "empty":
      case "faulty":
        return label;
      case "erased":
        return known ?? label;
      case "namespace":
        return `${label} ${this.#key(page, start)}, index ${
          this.#byte(page, start, ENTRY_AT.data)
        }`;
      case "number":
      case "string":
      case "blob":
      case "blob-data":
      case "blob-index": {
        const index = this.#byte(page, start, ENTRY_AT.namespaceIndex);
        const namespace = printable(this.#namespaces.get(index) ?? `namespace ${index}`);
        const chunk = kind === "blob-data"
          ? `, chunk ${this.#byte(page, start, ENTRY_AT.chunkIndex)}`
          : "";
        const value = known === undefined || kind === "blob-index" ? "" : `, ${known}`;
        return `${label} ${namespace}/${this.#key(page, start)}${chunk}${value}`;
      }
      default:
        throw new TypeError(`Cannot describe a cell "${kind satisfies never}"`);
    }
  }

  #key(page: DecodedPage, entry: number): string {
    const { plain } = this.#view;
    return printable(readKey(plain, offsetOfEntry(page.index, entry) + ENTRY_AT.key).key);
  }

  #byte(page: DecodedPage, entry: number, at: number): number {
    return this.#view.plain[offsetOfEntry(page.index, entry) + at]!;
  }
}
