/**
 * Which devices of a batch a run is about. The others are checked all the same,
 * so that names, numbers and the batch id do not depend on the choice.
 *
 * @module
 */

import type { Problems } from "../problems/problems.ts";
import { isInShard, type Shard } from "./shard.ts";

/** Some devices of a batch: what is in the shard and, if it is there, in `only`. */
export interface Choice {
  shard: Shard;
  /** File ids, and numbers from 1 as `#N`. */
  only?: ReadonlySet<string>;
}

/** A device's number as an id; "#0" and "#07" are file ids like any other text. */
const NUMBER_ID = /^#[1-9]\d*$/;

/** Whether a device is one of the choice. */
export function isChosen({ shard, only }: Choice, number: number, fileId: string): boolean {
  if (!isInShard(shard, number)) return false;
  return only === undefined || only.has(fileId) || only.has(`#${number}`);
}

/** Whether a choice leaves no device of any batch out. */
export function isWholeBatch({ shard, only }: Choice): boolean {
  return shard.count === 1 && only === undefined;
}

/** What of a batch messages name. */
interface BatchFiles {
  values: string;
  fileIdColumn?: string;
}

/** Finds out, along the first pass, whether every id of `only` is that of a device. */
export class OnlyCheck {
  readonly #only: ReadonlySet<string>;
  readonly #unknown: Set<string>;
  /** File ids that are another device's number as well. */
  readonly #ambiguous = new Set<string>();

  constructor(only: ReadonlySet<string> = new Set()) {
    this.#only = only;
    this.#unknown = new Set(only);
  }

  add(number: number, fileId: string): void {
    if (this.#only.size === 0) return;
    const numberId = `#${number}`;
    this.#unknown.delete(numberId);
    if (!this.#only.has(fileId)) return;
    this.#unknown.delete(fileId);
    if (NUMBER_ID.test(fileId) && fileId !== numberId) this.#ambiguous.add(fileId);
  }

  /**
   * Reports what cannot be chosen.
   *
   * @param count Devices in the values file, all of which were added.
   */
  finish({ values, fileIdColumn }: BatchFiles, count: number, problems: Problems): void {
    if (this.#unknown.size > 0) {
      const fileIds = fileIdColumn === undefined
        ? `file ids are 1 to ${count}`
        : `file ids are in the column "${fileIdColumn}"`;
      problems.add(
        { file: values },
        "unknown-device",
        `has no device ${quotedList(this.#unknown)} for --only; ${fileIds}, ` +
          `and numbers are #1 to #${count}`,
      );
    }
    const ambiguous = [...this.#ambiguous].filter((id) => Number(id.slice(1)) <= count);
    if (ambiguous.length > 0) {
      problems.add(
        { file: values },
        "ambiguous-device",
        `has devices whose file ids are the numbers of others: ${quotedList(ambiguous)}; ` +
          "--only cannot tell which is meant, so give them other file ids",
      );
    }
  }
}

function quotedList(ids: Iterable<string>): string {
  return [...ids].map((id) => `"${id}"`).join(", ");
}
