/**
 * A run's claim on its batch: nobody else works on the same devices, and what
 * dead runs left is known.
 *
 * @module
 */

import { type FileSystem, IoError } from "../ports/file_system.ts";
import { assertOwnFile, assertOwnFolder, type Disk } from "../files/disk.ts";
import type { CheckedBatch } from "../plan/checked_batch.ts";
import { manifestPath } from "../plan/manifest.ts";
import { gatePath, type StagingFolder, stagingFolders } from "../plan/staging_names.ts";
import { Gate, type Wait } from "./gate.ts";
import { assertNoRival, findOthers, Staging } from "./staging.ts";

/** What a run holds while it works on its batch. */
export interface Claim {
  gate: Gate;
  staging: Staging;
  /** Staging folders of which nobody can say whether their process lives. */
  unknown: readonly StagingFolder[];
  /** Removes what dead runs left; to be called once it is sure that this run goes on. */
  clearDead(): Promise<void>;
  /**
   * Gives the claim up and removes what stands for it.
   *
   * @throws {IoError} If something cannot be removed.
   */
  release(): Promise<void>;
}

/**
 * Claims a batch for this process.
 *
 * @param folders Paths of the folders below the output folder that only this program fills.
 * @param mark Random hex digits.
 * @throws {IoError} If another process works on it, or a path of the program's
 * own is a link or something else that was planted; nothing is touched then.
 */
export async function claimBatch(
  files: FileSystem,
  disk: Disk,
  { spec, batchId }: CheckedBatch,
  folders: readonly string[],
  mark: string,
  wait: Wait,
): Promise<Claim> {
  const path = gatePath(spec);
  assertOwnFile(files, path);
  assertOwnFile(files, manifestPath(spec.outdir, spec.prefix));
  for (const folder of folders) assertOwnFolder(files, folder);
  await disk.make(spec.outdir);
  const gate = new Gate(files, path, wait);
  let unknown: StagingFolder[] = [];
  const clearGate = () => {
    if (stagingFolders(files, spec).length === 0) gate.remove();
  };
  const staging = await gate.within(() => {
    try {
      const others = findOthers(files, disk, spec);
      // Nobody may take them for alive meanwhile: shards that resume look at the same ones.
      for (const { release } of others.dead) release();
      unknown = others.unknown;
      assertNoRival(files, others.alive, spec.shard, batchId);
      return Staging.make(files, disk, spec, batchId, mark);
    } catch (error) {
      clearGate();
      throw error;
    }
  });
  return {
    gate,
    staging,
    unknown,
    clearDead: () =>
      gate.within(async () => {
        const isOwn = ({ path }: StagingFolder) => path === staging.path;
        for (const { remove } of findOthers(files, disk, spec, isOwn).dead) await remove();
      }),
    release: async () => {
      const clear = async () => {
        await staging.remove();
        clearGate();
      };
      try {
        await gate.within(clear);
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        await clear(); // whoever holds the gate: what is staged must not stay
      }
      await disk.syncFolder(spec.outdir);
    },
  };
}
