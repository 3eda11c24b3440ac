import { join } from "@std/path";
import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { HashTable } from "../plan/hash_table.ts";
import { ManifestHeaderError, manifestLines, type ManifestRow } from "../plan/manifest.ts";

/**
 * Finds out which images were recorded for another batch, by all manifests in
 * an output folder: they are no surplus.
 *
 * @param isExpected Whether an image is one of the batch at hand.
 */
export async function imagesOfOthers(
  files: FileReader,
  outdir: string,
  isExpected: (image: string) => boolean,
  pace: Pace,
): Promise<(image: string) => boolean> {
  /** By path of an image: the number of its batch, from 1. */
  const batchOf = new HashTable();
  const batches: string[] = [];
  const own = new Set<number>();
  let count = 0;
  for (const row of allRows(files, outdir)) {
    const known = batches.indexOf(row.batch) + 1;
    const batch = known > 0 ? known : batches.push(row.batch);
    batchOf.set(row.image, batch);
    if (isExpected(row.image)) own.add(batch);
    await pace.step(++count);
    if (pace.isStopped) break;
  }
  return (image) => {
    const batch = batchOf.get(image);
    return batch !== undefined && !own.has(batch);
  };
}

function* allRows(files: FileReader, outdir: string): Generator<ManifestRow> {
  for (const name of files.namesIn(outdir) ?? []) {
    const path = join(outdir, name);
    if (!/^manifest-.*\.csv$/.test(name) || files.statOf(path)?.kind !== "file") continue;
    try {
      for (const { row } of manifestLines(files.readChunks(path))) if (row !== undefined) yield row;
    } catch (error) {
      if (!(error instanceof ManifestHeaderError)) throw error; // it says nothing of any image
    }
  }
}
