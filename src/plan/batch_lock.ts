/**
 * Keeps runs of one batch apart: one process, or the shards of one batch,
 * each once. The lock file also says which batch is under way, and stays
 * behind when a run is killed: that is how `--resume` knows its own.
 *
 * @module
 */

import { hash } from "node:crypto";
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
  const isAlone = isWhole(spec.shard);
  for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
    const alone = files.tryLock(path, "exclusive");
    if (alone === "unsupported") return { isExclusive: isAlone, release: () => {} };
    if (alone !== undefined) {
      alone.write(content);
      if (isAlone) return heldLock(true, alone);
      alone.share();
      return withShardLock(files, spec, path, alone);
    }
    if (!isAlone) {
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

/**
 * The tag of a process's temporary files: of its batch's prefix, and of its
 * shard.
 */
export function temporaryTag(prefix: string, shard: Shard): string {
  return `${tagStart(prefix)}${isWhole(shard) ? "whole" : `${shard.index}-of-${shard.count}`}`;
}

/**
 * Whether a temporary file with this tag was left by a process of the same
 * prefix that is dead: a whole run has no other beside it, a shard only shards
 * of the same number.
 */
export function isLeftover(tag: string, prefix: string, shard: Shard): boolean {
  if (!tag.startsWith(tagStart(prefix))) return false;
  return isWhole(shard) || tag === temporaryTag(prefix, shard) ||
    !tag.endsWith(`-of-${shard.count}`);
}

/** Whether a file in the output folder is the lock of a shard that is dead, by the same rule. */
export function isLeftoverLock(name: string, prefix: string, shard: Shard): boolean {
  const start = `.mfg_gen-${prefix}.`;
  const [, count] = /^\d+-of-(\d+)\.lock$/.exec(name.slice(start.length)) ?? [];
  return name.startsWith(start) && count !== undefined &&
    (isWhole(shard) || Number(count) !== shard.count);
}

/** Prefixes may begin alike; their hashes do not. */
function tagStart(prefix: string): string {
  return `${hash("sha256", prefix, "hex").slice(0, 8)}-`;
}

function isWhole(shard: Shard): boolean {
  return shard.count === WHOLE.count;
}
