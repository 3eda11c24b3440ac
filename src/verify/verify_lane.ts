/**
 * A lane that reads the images of a part back.
 *
 * @module
 */

import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { Problems } from "../problems/problems.ts";
import type { Lane } from "../lanes/lane.ts";
import type { CheckedBatch } from "../plan/checked_batch.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import { isChosen } from "../plan/choice.ts";
import { DeviceNames, DeviceSource } from "../plan/devices.ts";
import { ManifestIndex, type ManifestIndexSnapshot } from "../plan/manifest_index.ts";
import { rowsOfPart } from "../plan/values.ts";
import { type DeviceReport, DeviceVerifier } from "./device_verifier.ts";

/** Everything that a lane needs to know, as plain data. */
export interface VerifyJob {
  batch: CheckedBatch;
  /** Absent when there is none. */
  manifest?: ManifestIndexSnapshot;
}

/** What a lane found out about one part. */
export interface VerifiedPart {
  /** In the order of the rows. */
  reports: DeviceReport[];
  /** Names of the devices of other shards, which were not looked at; none with `only`. */
  others: string[];
}

/** Opens a lane that verifies. */
export function openVerifyLane(files: FileReader, job: VerifyJob): Lane<VerifiedPart> {
  const { spec, values } = job.batch;
  const source = DeviceSource.laterPass(files, job.batch);
  const problems = new Problems(); // stays empty: every problem was found in the check
  const names = new DeviceNames(spec, values.header);
  const manifest = job.manifest && new ManifestIndex(files, job.manifest);
  const verifier = new DeviceVerifier(files, spec, manifest);
  let devices = 0;
  return {
    async run(part: number, _settled: Promise<void>, pace: Pace): Promise<VerifiedPart> {
      const done: VerifiedPart = { reports: [], others: [] };
      for (const row of rowsOfPart(files, values, values.parts[part]!, problems)) {
        const { name, fileId } = names.nameOf(row);
        if (!isChosen(spec, row.number, fileId)) {
          if (spec.only === undefined) done.others.push(name);
          await pace.step(devices);
          if (pace.isStopped) break;
          continue;
        }
        const content = source.layOut(row, name);
        if (content === undefined) throw new InputChangedError(spec.values);
        done.reports.push(await verifier.verify({ number: row.number, fileId, name }, content));
        await pace.step(++devices);
        if (pace.isStopped) break;
      }
      return done;
    },
  };
}
