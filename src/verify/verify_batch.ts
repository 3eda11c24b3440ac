/**
 * Reads the images of a batch back, in lanes.
 *
 * @module
 */

import { join } from "@std/path";
import type { FileReader } from "../ports/file_system.ts";
import type { Thread } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";
import { runLanes } from "../lanes/run_lanes.ts";
import type { BatchPlan } from "../plan/batch_check.ts";
import { HashTable } from "../plan/hash_table.ts";
import { manifestPath } from "../plan/manifest.ts";
import { readManifest } from "../plan/manifest_index.ts";
import { IMAGE_FOLDER } from "../plan/names.ts";
import type { DeviceReport } from "./device_verifier.ts";
import { imagesOfOthers } from "./image_batches.ts";
import { openVerifyLane, type VerifiedPart, type VerifyJob } from "./verify_lane.ts";

/** What verifying a whole batch tells, besides the reports on its devices. */
export interface VerifyEnd {
  /**
   * Images that no row names, relative to the output folder. Absent when nobody
   * looked for them: devices were named, or the user stopped it.
   */
  surplus?: string[];
  hasManifest: boolean;
}

/**
 * Verifies the chosen devices of a plan.
 *
 * @param onReport Told of each device, in the order of the rows.
 * @throws {ManifestHeaderError} If the manifest is none.
 * @throws {IoError} If an input cannot be read any more, or was changed.
 */
export async function verifyBatch(
  files: FileReader,
  plan: BatchPlan,
  laneCount: number,
  startThread: () => Thread,
  pace: Pace,
  onReport: (report: DeviceReport) => void,
): Promise<VerifyEnd> {
  const { spec, values, deviceCount } = plan;
  const path = manifestPath(spec.outdir, spec.prefix);
  const hasManifest = files.statOf(path) !== undefined;
  pace.begin("reading the manifest, lines of");
  const manifest = hasManifest ? (await readManifest(files, path, pace)).index : undefined;
  const { schema, cellFiles, batchId } = plan;
  const job: VerifyJob = {
    batch: { spec, schema, values, cellFiles, batchId, deviceCount },
    ...(manifest === undefined ? {} : { manifest: manifest.snapshot() }),
  };
  const expected = new HashTable();
  const waiting = new Map<number, VerifiedPart>();
  let nextPart = 0;
  pace.begin("verifying", plan.chosenCount);
  await runLanes<VerifiedPart>({
    partCount: values.parts.length,
    task: "verify",
    jobOf: () => job,
    own: openVerifyLane(files, job),
    threads: Array.from({ length: laneCount - 1 }, () => startThread),
    // deno-lint-ignore require-await -- lanes wait for a promise
    onResult: async (result, part) => {
      waiting.set(part, result);
      for (let next = waiting.get(nextPart); next !== undefined; next = waiting.get(nextPart)) {
        waiting.delete(nextPart++);
        for (const report of next.reports) {
          expected.set(report.image, 1);
          onReport(report);
        }
        for (const name of next.others) expected.set(`${IMAGE_FOLDER}/${name}.bin`, 1);
      }
    },
  }, pace);
  if (pace.isStopped || spec.only !== undefined) return { hasManifest };
  const isExpected = (image: string) => expected.get(image) !== undefined;
  const names = files.namesIn(join(spec.outdir, IMAGE_FOLDER)) ?? [];
  const candidates = names
    .filter((name) => !isExpected(`${IMAGE_FOLDER}/${withoutAside(name)}`))
    .map((name) => `${IMAGE_FOLDER}/${name}`)
    .sort();
  if (candidates.length === 0) return { surplus: [], hasManifest };
  const isOfOther = await imagesOfOthers(files, spec.outdir, isExpected, pace);
  return { surplus: candidates.filter((path) => !isOfOther(withoutAside(path))), hasManifest };
}

/** An image that was kept aside for another one belongs to that. */
function withoutAside(path: string): string {
  return path.replace(/\.old-\d+$/, "");
}
