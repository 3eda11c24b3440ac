/**
 * Keeps runs of one batch apart: one process, or the shards of one batch,
 * each once. The lock file also says which batch is under way, and stays
 * behind when a run is killed: that is how `--resume` knows its own.
 *
 * @module
 */

import { join } from "@std/path";
import { type FileLock, type FileSystem, IoError } from "../ports/file_system.ts";
import { type Shard, WHOLE } from "./shard.ts";

/** What the lock of a batch is about. */
export interface LockSpec {
  outdir: string;
  prefix: string;
  batchId: string;
  shard: Shard;
}

/** A held lock. */
export interface BatchLock {
  /** Whether no other process can hold it: manifest and temporary files are this one's alone. */
  isExclusive: boolean;
  /** Gives the lock up; `isFinished` removes its files. */
  release(isFinished: boolean): void;
}

const RETRY_MILLISECONDS = 25;
/** Shards that start together wait for each other; a second whole run need not wait long. */
const MAX_RETRIES = 80;

function lockPath({ outdir, prefix }: { outdir: string; prefix: string }): string {
  return join(outdir, `.mfg_gen-${prefix}.lock`);
}

/** Batch id of the run that was killed or is under way, or `undefined`. */
export function unfinishedBatch(
  files: FileSystem,
  place: { outdir: string; prefix: string },
): string | undefined {
  const path = lockPath(place);
  if (!files.exists(path)) return undefined;
  try {
    const text = new TextDecoder().decode(files.readFile(path));
    return text.split(" ")[0]?.trim() || undefined;
  } catch (error) {
    if (error instanceof IoError) return undefined; // locked on Windows: its holder is alive
    throw error;
  }
}

/**
 * Locks a batch for this process.
 *
 * @param wait Waits that many milliseconds.
 * @throws {IoError} If another process works on it.
 */
export async function lockBatch(
  files: FileSystem,
  spec: LockSpec,
  wait: (milliseconds: number) => Promise<void>,
): Promise<BatchLock> {
  const path = lockPath(spec);
  const content = `${spec.batchId} ${spec.shard.count}\n`;
  const isWhole = spec.shard.count === 1;
  for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
    const alone = files.tryLock(path, "exclusive");
    if (alone === "unsupported") return { isExclusive: isWhole, release: () => {} };
    if (alone !== undefined) {
      alone.write(content);
      if (isWhole) return heldLock(true, alone);
      alone.share();
      return withShardLock(files, spec, path, alone);
    }
    if (!isWhole) {
      const shared = files.tryLock(path, "shared");
      if (shared !== undefined && shared !== "unsupported") {
        if (shared.read() === content) return withShardLock(files, spec, path, shared);
        shared.release({ remove: false });
        throw busy(path, "shards of another batch, or of another number of shards, are under way");
      }
    }
    await wait(RETRY_MILLISECONDS);
  }
  throw busy(path, "another process works on this batch; wait for it");
}

/** Two processes must not take the same shard. */
function withShardLock(
  files: FileSystem,
  spec: LockSpec,
  path: string,
  shared: FileLock,
): BatchLock {
  const { index, count } = spec.shard;
  const own = files.tryLock(path.replace(/\.lock$/, `.${index}-of-${count}.lock`), "exclusive");
  if (own === undefined) {
    shared.release({ remove: false });
    throw busy(path, `another process works on shard ${index}/${count}; wait for it`);
  }
  return own === "unsupported" ? heldLock(false, shared) : heldLock(false, own, shared);
}

function heldLock(isExclusive: boolean, ...locks: readonly FileLock[]): BatchLock {
  return {
    isExclusive,
    release: (isFinished) => {
      for (const lock of locks) lock.release({ remove: isFinished });
    },
  };
}

function busy(path: string, reason: string): IoError {
  return new IoError("lock", path, reason);
}

/** The tag of a process's temporary files: those of another shard are not its own. */
export function temporaryTag(shard: Shard): string {
  return shard.count === WHOLE.count ? "whole" : `${shard.index}-of-${shard.count}`;
}
