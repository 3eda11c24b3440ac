/**
 * What a partition image can have wrong with it. Wear is no fault: erased
 * entries, moved pages and blobs whose chunks begin at 128 are how a healthy
 * device leaves its partition.
 *
 * @module
 */

/** Every rule with what it means, in the order of the format: partition, page, entry, item, key. */
export const FINDING_RULES = {
  "image-size": "The image is not a positive multiple of 4096 bytes",
  "no-free-page": "No page is free; a device needs one to move entries to before it can write",
  "active-page-order": "A page is open for writing although a later page exists",
  "page-state": "A page's state is none of the five that exist",
  "page-corrupt": "A page is marked corrupt",
  "page-not-empty": "A page is marked uninitialized, yet not all of it is 0xFF",
  "page-header-crc32": "A page header does not match its CRC",
  "page-version": "A page has a format version that devices refuse",
  "page-reserved": "Reserved bytes of a page header are not 0xFF",
  "page-sequence": "Two pages have the same sequence number",
  "page-freeing": "A page was being moved to another one when power was lost",
  "bitmap-unused": "Bits of the entry state bitmap that stand for no entry are not 1",
  "entry-state": "An entry has the state that writing to flash never produces",
  "entry-gap": "An entry is in use behind one that was never written",
  "entry-not-empty": "An entry is marked empty, yet not all of it is 0xFF",
  "entry-header-crc32": "An entry is marked written, but it is no header that matches its CRC",
  "entry-type": "An entry has a type that does not exist",
  "entry-span": "An entry's span does not fit its type, its size or its page",
  "entry-size": "An entry's data size is more than its page or a blob can hold",
  "entry-chunk-index": "An entry has a chunk index that its type does not allow",
  "entry-key": "A key field is empty, has no NUL at its end, or bytes behind its NUL",
  "entry-reserved": "Unused bytes of an entry header are not 0xFF",
  "item-torn": "Some of an item's entries are not marked written",
  "data-crc32": "The data of a string or blob do not match their CRC",
  "data-padding": "Bytes between the end of the data and the end of their last entry are not 0xFF",
  "string-nul": "A string does not end with a NUL",
  "blob-chunk-start": "A blob index has a first chunk that is neither 0 nor 128",
  "blob-index-mismatch": "A blob's chunks are not those that its index counts",
  "blob-orphan-chunk": "A blob chunk belongs to no blob index",
  "duplicate-key": "A key is stored twice in its namespace",
  "namespace-entry": "An entry of the namespace table is not a u8 of 1 to 254",
  "namespace-duplicate": "A namespace's name or index is in the table twice",
  "namespace-undeclared": "Entries belong to a namespace that the table does not name",
} as const satisfies Record<string, string>;

/** Name of a rule, as {@linkcode FINDING_RULES} lists them. */
export type FindingRule = keyof typeof FINDING_RULES;

/** One thing found wrong, and where. */
export interface Finding {
  /** Which rule is broken. */
  rule: FindingRule;
  /** Physical page, from 0; `undefined` if it is about the whole image. */
  page: number | undefined;
  /** Entry in the page, 0 to 125; `undefined` if it is about the whole page. */
  entry: number | undefined;
  /** What is wrong and what a device makes of it; without the place. */
  message: string;
  /** What the image says, for rules that compare two things. */
  stored?: string;
  /** What it should say. */
  computed?: string;
}

/** Every remark with what it means: unusual, and to a device as good as anything. */
export const REMARK_RULES = {
  "all-pages-full":
    "Every page is closed, also the last one, which has room: generators up to 0.1.6 leave it so, " +
    "and a device that writes opens another page",
} as const satisfies Record<string, string>;

/** Name of a remark's rule, as {@linkcode REMARK_RULES} lists them. */
export type RemarkRule = keyof typeof REMARK_RULES;

/** Something unusual about an image that is sound all the same. */
export interface Remark {
  /** Which rule it is by. */
  rule: RemarkRule;
  /** Physical page, from 0; `undefined` if it is about the whole image. */
  page: number | undefined;
  /** Entry in the page; `undefined` if it is about the whole page. */
  entry: number | undefined;
  /** What is unusual and what a device makes of it; without the place. */
  message: string;
}

/** The place of a {@linkcode Finding}; pages and entries count from 0. */
export interface Place {
  page?: number;
  entry?: number;
}

/** Collects findings and remarks; shared by the steps of one decoding. */
export class FindingList {
  readonly findings: Finding[] = [];
  readonly remarks: Remark[] = [];

  add(
    rule: FindingRule,
    { page, entry }: Place,
    message: string,
    compared: { stored?: string; computed?: string } = {},
  ): void {
    this.findings.push({ rule, page, entry, message, ...compared });
  }

  remark(rule: RemarkRule, { page, entry }: Place, message: string): void {
    this.remarks.push({ rule, page, entry, message });
  }

  /** The findings by page and entry; those about the whole image, or page, come first. */
  sorted(): Finding[] {
    return this.findings.sort((a, b) =>
      (a.page ?? -1) - (b.page ?? -1) || (a.entry ?? -1) - (b.entry ?? -1)
    );
  }
}

/** A number as findings show it: `0x` and at least `digits` hexadecimal digits. */
export function hexadecimal(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
