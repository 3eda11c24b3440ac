/**
 * Which image a returned one began as, by the values that both have.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { KeyItem } from "../nvs/item.ts";
import type { ManifestRow } from "../plan/manifest.ts";

/** What the values come to. */
export type Verdict =
  /** No value is in one image alone. */
  | { kind: "none" }
  | { kind: "one"; row: ManifestRow }
  /** Values of several images are in the returned one. */
  | { kind: "several"; rows: readonly ManifestRow[] }
  /** Values of one image alone are in it, and too much speaks against that image. */
  | { kind: "doubtful"; row: ManifestRow };

/** With fewer images, what differs between all of them may be no more than a variant. */
const MIN_IMAGES_FOR_MAJORITY = 4;
/** A key tells devices apart if at most one image in so many has a value that another has. */
const IMAGES_PER_REPEATED = 4;
/** Images after which a key that does not tell them apart is given up. */
const IMAGES_TO_JUDGE = 64;

/** A key of the returned image, and what the images have under it. */
interface Column {
  /** Text of the value that the returned image has. */
  value: string;
  /** Images that have the key. */
  images: number;
  /** Images whose value an earlier one has. */
  repeated: number;
  /** Digests of the values that were seen; given up when they tell nothing. */
  seen: Set<number> | undefined;
  /** The first image with the returned value. */
  holder?: ManifestRow;
  isAlone: boolean;
}

/** Takes the images one by one, and then says which one it is. */
export class BirthVotes {
  readonly #columns = new Map<string, Column>();
  #images = 0;

  /** @param entries What the returned image holds. */
  constructor(entries: readonly KeyItem[]) {
    const repeated = new Set<string>();
    for (const entry of entries) {
      const id = idOf(entry);
      if (this.#columns.has(id)) repeated.add(id);
      this.#columns.set(id, {
        value: textOf(entry),
        images: 0,
        repeated: 0,
        seen: new Set(),
        isAlone: false,
      });
    }
    // A damaged image may have a key with several types; which one counts is open.
    for (const id of repeated) this.#columns.delete(id);
  }

  /** Adds an image. */
  add(row: ManifestRow, entries: readonly KeyItem[]): void {
    this.#images++;
    for (const entry of entries) {
      const column = this.#columns.get(idOf(entry));
      if (column !== undefined) count(column, row, textOf(entry));
    }
  }

  /** @param entriesOf What an image holds; `undefined` if it cannot be read. */
  verdict(entriesOf: (row: ManifestRow) => readonly KeyItem[] | undefined): Verdict {
    const rows = new Map<string, ManifestRow>();
    for (const { holder, isAlone } of this.#columns.values()) {
      if (holder !== undefined && isAlone) rows.set(holder.image, holder);
    }
    const [row, ...others] = rows.values();
    if (row === undefined) return { kind: "none" };
    if (others.length > 0) return { kind: "several", rows: [...rows.values()] };
    const isSure = this.#isSure(row, entriesOf(row) ?? []);
    return { kind: isSure ? "one" : "doubtful", row };
  }

  /**
   * A value that one image has alone may be there by chance, in an image of a
   * device that is not recorded: so keys that tell the devices apart decide,
   * those that agree against those that do not.
   */
  #isSure(row: ManifestRow, entries: readonly KeyItem[]): boolean {
    let agreeing = 0;
    let opposed = 0;
    for (const entry of entries) {
      const column = this.#columns.get(idOf(entry));
      if (column === undefined || !this.#tellsApart(column)) continue;
      if (column.value !== textOf(entry)) opposed++;
      else if (column.isAlone && column.holder?.image === row.image) agreeing++;
    }
    if (this.#images < MIN_IMAGES_FOR_MAJORITY && opposed > 0) return false;
    return agreeing > opposed;
  }

  #tellsApart({ images, repeated, seen }: Column): boolean {
    if (this.#images === 1) return true; // nothing is known of any key, so all have to agree
    return seen !== undefined && images > 1 && repeated * IMAGES_PER_REPEATED <= images;
  }
}

function count(column: Column, row: ManifestRow, value: string): void {
  column.images++;
  if (value === column.value) {
    column.isAlone = column.holder === undefined;
    column.holder ??= row;
  }
  const { seen } = column;
  if (seen === undefined) return;
  const digest = parseInt(hash("sha256", value, "hex").slice(0, DIGEST_DIGITS), 16);
  if (seen.has(digest)) column.repeated++;
  else seen.add(digest);
  if (column.images >= IMAGES_TO_JUDGE && column.repeated * 2 > column.images) {
    column.seen = undefined;
  }
}

/** Hexadecimal digits that a `number` holds. */
const DIGEST_DIGITS = 12;

/** Names hold no NUL. */
function idOf({ namespace, key }: KeyItem): string {
  return `${namespace}\0${key}`;
}

/** Two values have one text if they are stored as the same bytes. */
function textOf({ type, value }: KeyItem): string {
  if (value instanceof Uint8Array) return `${type} bytes ${value.toHex()}`;
  if (typeof value === "string") return `${type} text ${value}`;
  return `${type} ${Object.is(value, -0) ? "-0" : value}`;
}
