/**
 * What a manifest says of some devices, and the hash of all of it: for a report
 * on a batch of any size.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { Problems } from "../problems/problems.ts";
import type { BatchPlan } from "./batch_check.ts";
import { isChosen } from "./choice.ts";
import { DeviceNames } from "./devices.ts";
import { manifestLines, manifestPath, type ManifestRow } from "./manifest.ts";
import { IMAGE_FOLDER } from "./names.ts";
import { rowsOfPart } from "./values.ts";

/** A manifest as it was read. */
export interface RecordedManifest {
  path: string;
  sizeBytes: number;
  /** SHA-256 of the whole file, in hex. */
  sha256: string;
}

/** A device, and the last row that the manifest has of its image. */
export interface RecordedDevice {
  /** Number in the values file, from 1. */
  number: number;
  fileId: string;
  /** Path of the image, relative to the output folder. */
  image: string;
  row?: ManifestRow;
}

/**
 * Reads the manifest of a batch once, and what it says of the first devices
 * that are chosen. Memory is theirs alone.
 *
 * @returns Without `manifest` if there is none.
 * @throws {ManifestHeaderError} If the file is no manifest.
 */
export async function recordedDevices(
  files: FileReader,
  plan: BatchPlan,
  maxDevices: number,
  pace: Pace,
): Promise<{ manifest?: RecordedManifest; devices: RecordedDevice[] }> {
  const devices = firstDevices(files, plan, maxDevices);
  const path = manifestPath(plan.spec.outdir, plan.spec.prefix);
  if (files.statOf(path) === undefined) return { devices };
  const byImage = new Map(devices.map((device) => [device.image, device]));
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let lineCount = 0;
  for (const { row } of manifestLines(hashed())) {
    const device = row && byImage.get(row.image);
    if (device !== undefined) device.row = row;
    await pace.step(++lineCount);
  }
  return { manifest: { path, sizeBytes, sha256: hash.digest("hex") }, devices };

  function* hashed(): Generator<Uint8Array> {
    for (const chunk of files.readChunks(path)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
}

function firstDevices(
  files: FileReader,
  { spec, values, chosenCount }: BatchPlan,
  maxDevices: number,
): RecordedDevice[] {
  const count = Math.min(chosenCount, maxDevices);
  const devices: RecordedDevice[] = [];
  const names = new DeviceNames(spec, values.header);
  const problems = new Problems(); // stays empty: every problem was found in the check
  for (const part of values.parts) {
    for (const row of rowsOfPart(files, values, part, problems)) {
      if (devices.length === count) return devices;
      const { name, fileId } = names.nameOf(row);
      if (!isChosen(spec, row.number, fileId)) continue;
      devices.push({ number: row.number, fileId, image: `${IMAGE_FOLDER}/${name}.bin` });
    }
  }
  return devices;
}
