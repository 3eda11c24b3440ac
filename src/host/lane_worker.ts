/**
 * A worker that writes one lane.
 *
 * @module
 */

import { type LaneCount, type LaneJob, writeLane } from "../output/lane.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import { DenoFiles } from "./deno_files.ts";
import { GarbagePacer } from "./memory.ts";
import { IoError } from "../ports/file_system.ts";

/** What the main thread tells a worker. */
export type LaneOrder =
  | { kind: "start"; job: LaneJob; temporaryTag: string }
  | { kind: "stop" };

/** An error as plain data. */
export type LaneError =
  | { kind: "io"; action: string; path: string; reason: string }
  | { kind: "changed"; path: string }
  | { kind: "bug"; message: string };

/** What a worker tells the main thread. */
export type LaneMessage =
  | { kind: "progress" | "ended"; count: LaneCount }
  | { kind: "failed"; count: LaneCount; error: LaneError };

const MILLISECONDS_BETWEEN_MESSAGES = 50;

let isStopped = false;

// A worker's global scope has no type of its own in Deno's default library.
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<LaneOrder>) => void;
  postMessage(message: LaneMessage): void;
};

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") isStopped = true;
  else run(data.job, data.temporaryTag);
};

async function run(job: LaneJob, temporaryTag: string): Promise<void> {
  const count: LaneCount = { written: 0, found: 0, imageBytes: 0 };
  const files = new DenoFiles();
  files.setTemporaryTag(temporaryTag);
  const garbage = new GarbagePacer();
  let toldAt = performance.now();
  try {
    await writeLane(files, job, {
      randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
      onDevice: () => {
        garbage.step();
        const now = performance.now();
        if (now - toldAt < MILLISECONDS_BETWEEN_MESSAGES) return undefined;
        toldAt = now;
        scope.postMessage({ kind: "progress", count });
        return new Promise((resolve) => setTimeout(resolve, 0)); // lets an order to stop arrive
      },
      isStopped: () => isStopped,
    }, count);
    scope.postMessage({ kind: "ended", count });
  } catch (error) {
    scope.postMessage({ kind: "failed", count, error: laneError(error) });
  }
}

function laneError(error: unknown): LaneError {
  if (error instanceof IoError) {
    return { kind: "io", action: error.action, path: error.path, reason: error.reason };
  }
  if (error instanceof InputChangedError) return { kind: "changed", path: error.path };
  return {
    kind: "bug",
    message: error instanceof Error ? error.stack ?? error.message : String(error),
  };
}
