/**
 * A lane that writes: stages the devices of a part, puts them in place and
 * hands their rows over.
 *
 * @module
 */

import type { RandomBytes } from "../crypto/key_partition.ts";
import type { FileSystem } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { Disk } from "../files/disk.ts";
import { Problems } from "../problems/problems.ts";
import type { Lane } from "../lanes/lane.ts";
import { imageSize } from "../nvs/partition.ts";
import type { CheckedBatch } from "../plan/checked_batch.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import { isChosen } from "../plan/choice.ts";
import { DeviceNames, DeviceSource } from "../plan/devices.ts";
import { ACTION, type Action, type Actions } from "../plan/resume.ts";
import { rowsOfPart } from "../plan/values.ts";
import { DeviceWriter } from "./device_writer.ts";
import { Group } from "./group.ts";
import { laneFolder, temporaryElsewhere } from "./staging.ts";

/** Everything that a lane needs to know, as plain data. */
export interface WriteJob {
  batch: CheckedBatch;
  laneIndex: number;
  /** Files that the lane may have open at once. */
  maxOpenFiles: number;
  staging: { path: string; mark: string };
  /** What is to be done about each device, when a batch is resumed. */
  actions?: Actions;
}

/** What a lane did with one part. */
export interface WrittenPart {
  /** Rows of the manifest for devices that are in place now, each with its end. */
  rows: string;
  /** Devices written, or recorded. */
  written: number;
  /** Devices found done. */
  found: number;
  imageBytes: number;
  /** Folders that could not be synced. */
  unsynced: readonly string[];
}

/** Opens a lane that writes. */
export function openWriteLane(
  files: FileSystem,
  job: WriteJob,
  randomBytes: RandomBytes,
): Lane<WrittenPart> {
  return new WriteLane(files, job, randomBytes);
}

class WriteLane implements Lane<WrittenPart> {
  readonly #files: FileSystem;
  readonly #job: WriteJob;
  readonly #source: DeviceSource;
  readonly #names: DeviceNames;
  /** Stays empty: every problem was found in the check. */
  readonly #problems = new Problems();
  readonly #writer: DeviceWriter;
  readonly #disk: Disk;
  readonly #group: Group;
  #devices = 0;

  constructor(files: FileSystem, job: WriteJob, randomBytes: RandomBytes) {
    const { batch, staging, laneIndex, maxOpenFiles } = job;
    const { spec, values } = batch;
    this.#files = files;
    this.#job = job;
    this.#source = DeviceSource.laterPass(files, batch);
    this.#names = new DeviceNames(spec, values.header);
    this.#writer = new DeviceWriter(
      files,
      batch,
      randomBytes,
      (target) => temporaryElsewhere(target, staging.mark),
    );
    this.#disk = new Disk(files);
    const folder = laneFolder(staging.path, laneIndex);
    this.#group = new Group(files, this.#disk, folder, maxOpenFiles);
  }

  async run(part: number, settled: Promise<void>, pace: Pace): Promise<WrittenPart> {
    try {
      const written = await this.#stage(part, pace);
      await this.#group.sync();
      // The rows of the part before are on the disk before anything of this one is in place.
      await settled;
      await this.#group.publish();
      return { ...written, unsynced: this.#disk.unsynced };
    } catch (error) {
      this.#group.close();
      throw error;
    }
  }

  async #stage(part: number, pace: Pace): Promise<Omit<WrittenPart, "unsynced">> {
    const { batch: { spec, values }, actions } = this.#job;
    const done = { rows: "", written: 0, found: 0, imageBytes: 0 };
    const rows = rowsOfPart(this.#files, values, values.parts[part]!, this.#problems);
    for (const row of rows) {
      const name = this.#names.nameOf(row);
      if (!isChosen(spec, row.number, name.fileId)) {
        // Many rows may follow that take no time each: a wish to stop has to be heard.
        await pace.step(this.#devices);
        if (pace.isStopped) break;
        continue;
      }
      const content = this.#group.withRoom(() => this.#source.layOut(row, name.name));
      // A device that was right in the check and is not now was made of a file that changed.
      if (content === undefined) throw new InputChangedError(spec.values);
      const { layout } = content;
      const action = (actions?.[row.number] ?? ACTION.write) as Action;
      if (action === ACTION.none) {
        this.#writer.restoreCsv(this.#group, row, name);
        done.found++;
      } else {
        const usable = this.#writer.keysOf(name.name, action);
        const keys = usable instanceof Promise ? await usable : usable;
        const isResumed = actions !== undefined;
        const group = this.#group;
        done.rows += this.#writer.stage(group, row, name, layout, keys, action, isResumed);
        done.written++;
      }
      done.imageBytes += imageSize(layout, spec.geometry);
      if (this.#group.isFull) await this.#group.sync();
      const pause = pace.step(++this.#devices);
      if (pause !== undefined) await pause;
      if (pace.isStopped) break;
    }
    return done;
  }
}
