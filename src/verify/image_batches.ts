import { join } from "@std/path";
import { HashTable } from "../plan/hash_table.ts";
import { manifestLines } from "../plan/manifest.ts";
import type { FileSystem } from "../ports/file_system.ts";

/** Which batch each image in an output folder is of, by all manifests in it. */
export class ImageBatches {
  /** By path of an image: the number of its batch, from 1. */
  readonly #batchOf = new HashTable();
  /** Numbers of the batches whose images are expected. */
  readonly #used = new Set<number>();

  constructor(files: FileSystem, outdir: string) {
    const batches: string[] = [];
    for (const name of files.namesIn(outdir) ?? []) {
      if (!/^manifest-.*\.csv$/.test(name)) continue;
      for (const { row } of manifestLines(files.readChunks(join(outdir, name)))) {
        if (row === undefined) continue;
        const known = batches.indexOf(row.batch) + 1;
        this.#batchOf.set(row.image, known > 0 ? known : batches.push(row.batch));
      }
    }
  }

  /** Takes note that an image is expected. */
  use(image: string): void {
    const batch = this.#batchOf.get(image);
    if (batch !== undefined) this.#used.add(batch);
  }

  /** Whether an image was recorded for a batch that no expected image is of. */
  isOfAnother(image: string): boolean {
    const batch = this.#batchOf.get(image);
    return batch !== undefined && !this.#used.has(batch);
  }
}
