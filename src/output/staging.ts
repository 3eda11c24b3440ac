/**
 * The folder that a process stages its files in, and what dead processes left
 * of theirs. A staging folder holds names only, of files that have another name
 * by the time anybody needs them: what a dead process left in it can go.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { type FileLock, type FileSystem, IoError, NoSuchFileError } from "../ports/file_system.ts";
import { absolutePath } from "../files/absolute.ts";
import { type Disk, isOwnFile } from "../files/disk.ts";
import { temporaryPath } from "../files/new_file.ts";
import { writeAll } from "../files/write_all.ts";
import type { Shard } from "../plan/shard.ts";
import {
  batchOfStaging,
  type RunPlace,
  STAGING_BATCH,
  STAGING_ELSEWHERE,
  STAGING_LOCK,
  type StagingFolder,
  stagingFolders,
  stagingName,
} from "../plan/staging_names.ts";

const utf8 = new TextEncoder();

/** The staging folder of this process. */
export class Staging {
  readonly path: string;
  /** Random characters, for temporary names elsewhere. */
  readonly mark: string;
  readonly #files: FileSystem;
  readonly #disk: Disk;
  #lock: FileLock | undefined;
  #isRemoved = false;

  private constructor(files: FileSystem, disk: Disk, path: string, mark: string) {
    this.#files = files;
    this.#disk = disk;
    this.path = path;
    this.mark = mark;
  }

  /** Makes the folder and locks it; to be called within the gate. */
  static make(
    files: FileSystem,
    disk: Disk,
    place: RunPlace & { shard: Shard },
    batchId: string,
    mark: string,
  ): Staging {
    const staging = new Staging(
      files,
      disk,
      join(place.outdir, stagingName(place.prefix, place.shard, mark)),
      mark,
    );
    files.makeFolder(staging.path);
    try {
      staging.#put(STAGING_LOCK, "");
      const lock = files.tryLock(join(staging.path, STAGING_LOCK));
      if (typeof lock === "object") staging.#lock = lock;
      staging.#put(STAGING_BATCH, `${batchId}\n`);
    } catch (error) {
      staging.#lock?.release();
      files.removeTree(staging.path);
      throw error;
    }
    return staging;
  }

  /**
   * Removes the folder with all that is in it.
   *
   * @throws {IoError} If that is not possible: what stays may be a secret.
   */
  async remove(): Promise<void> {
    if (this.#isRemoved) return;
    this.#lock?.release();
    this.#lock = undefined;
    await removeStaging(this.#files, this.#disk, this.path, this.mark);
    this.#isRemoved = true;
  }

  #put(name: string, text: string): void {
    const file = this.#files.createNew(join(this.path, name));
    try {
      if (text !== "") writeAll(file, utf8.encode(text));
    } finally {
      file.close();
    }
  }
}

/**
 * The temporary name of a file that goes outside the output folder, where links
 * from a staging folder may not reach.
 */
export function temporaryElsewhere(target: string, mark: string): string {
  return temporaryPath(absolutePath(target), mark);
}

/**
 * Notes the temporary names of files outside the output folder in the staging
 * folder, so that a later run can tell them from others. To be called once,
 * before there are any: after a power cut the note must be there if they are.
 */
export async function noteElsewhere(
  files: FileSystem,
  disk: Disk,
  { path, mark }: { path: string; mark: string },
  targets: readonly string[],
): Promise<void> {
  const list = join(path, STAGING_ELSEWHERE);
  const file = files.createNew(list);
  try {
    const lines = targets.map((target) => `${temporaryElsewhere(target, mark)}\n`);
    writeAll(file, utf8.encode(lines.join("")));
    await disk.syncOpen(file, list);
  } finally {
    file.close();
  }
  await disk.syncFolder(path);
  await disk.syncFolder(dirname(path));
}

/** Path of a lane's own folder in a staging folder. */
export function laneFolder(stagingPath: string, laneIndex: number): string {
  return join(stagingPath, String(laneIndex));
}

/** @throws {IoError} If something stays; it names all that does. */
async function removeStaging(
  files: FileSystem,
  disk: Disk,
  path: string,
  mark: string,
): Promise<void> {
  const faults: IoError[] = [];
  /** Whether something stays, so that the next run needs the list of it. */
  let isListNeeded = false;
  const fail = (error: unknown) => {
    if (!(error instanceof IoError)) throw error;
    faults.push(error); // the rest goes all the same: it may hold keys
  };
  for (const temporary of elsewhereOf(files, path)) {
    const name = basename(temporary);
    if (!name.startsWith(".") || !name.endsWith(`.${mark}.tmp`)) continue;
    let isGone = false;
    try {
      if (files.linkStatOf(temporary) !== undefined) files.remove(temporary);
      isGone = true;
      // Gone for good before the folder that tells of it is.
      await disk.syncFolder(dirname(temporary));
    } catch (error) {
      if (error instanceof NoSuchFileError) continue;
      fail(error);
      isListNeeded ||= !isGone;
    }
  }
  const names = isListNeeded ? files.namesIn(path) ?? [] : [];
  const paths = isListNeeded
    ? names.filter((name) => name !== STAGING_ELSEWHERE).map((name) => join(path, name))
    : [path];
  for (const part of paths) {
    try {
      files.removeTree(part);
    } catch (error) {
      fail(error);
    }
  }
  const first = faults.find(({ action }) => action === "remove") ?? faults[0];
  if (first === undefined) return;
  const reasons = [
    first.reason,
    ...faults.filter((fault) => fault !== first).map(({ message }) => message),
    ...isListNeeded ? [`"${path}" stays with it`] : [],
  ];
  throw new IoError(first.action, first.path, reasons.join("; "));
}

function elsewhereOf(files: FileSystem, folder: string): string[] {
  const path = join(folder, STAGING_ELSEWHERE);
  if (files.linkStatOf(path)?.kind !== "file") return [];
  return new TextDecoder().decode(files.readFile(path)).split("\n").slice(0, -1);
}

/** What other processes of the prefix left, or have under way. */
export interface Others {
  /** Staging folders whose process is at work. */
  alive: StagingFolder[];
  /** Those that a process left. */
  dead: { folder: StagingFolder; remove(): Promise<void>; release(): void }[];
  /** Those of which the file system, without locks, does not tell. */
  unknown: StagingFolder[];
}

/**
 * Finds the staging folders of a prefix, to be called within the gate; the dead
 * ones are locked until they are released.
 *
 * @param isOwn Tells the folder of this process, which is none of them.
 */
export function findOthers(
  files: FileSystem,
  disk: Disk,
  place: RunPlace,
  isOwn: (folder: StagingFolder) => boolean = () => false,
): Others {
  const others: Others = { alive: [], dead: [], unknown: [] };
  for (const folder of stagingFolders(files, place)) {
    if (isOwn(folder)) continue;
    const path = join(folder.path, STAGING_LOCK);
    if (!isOwnFile(files, path)) {
      // Killed before it had its lock, or while it removed the folder.
      others.dead.push({ folder, remove: () => clear(folder), release: () => {} });
      continue;
    }
    const lock = files.tryLock(path);
    if (lock === "unsupported") others.unknown.push(folder);
    else if (lock === undefined) others.alive.push(folder);
    else {
      others.dead.push({
        folder,
        remove: () => {
          lock.release();
          return clear(folder);
        },
        release: () => lock.release(),
      });
    }
  }
  return others;

  function clear({ path, mark }: StagingFolder): Promise<void> {
    return removeStaging(files, disk, path, mark);
  }
}

/**
 * Makes sure that all runs under way are other shards of the same batch.
 *
 * @throws {IoError} If they are not.
 */
export function assertNoRival(
  files: FileSystem,
  alive: readonly StagingFolder[],
  shard: Shard,
  batchId: string,
): void {
  for (const other of alive) {
    const refuse = (reason: string) => {
      throw new IoError("lock", other.path, reason);
    };
    const { index, count } = other.shard;
    if (count === 1 || shard.count === 1) {
      refuse("another process works on this batch; wait for it");
    }
    if (count !== shard.count || batchOfStaging(files, other) !== batchId) {
      refuse("shards of another batch, or of another number of shards, are under way");
    }
    if (index === shard.index) {
      refuse(`another process works on shard ${index}/${count}; wait for it`);
    }
  }
}
