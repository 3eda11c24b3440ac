/**
 * Lanes side by side: one in this thread, the others in workers.
 *
 * @module
 */

import { type LaneCount, type LaneJob, writeLane } from "../output/lane.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import type { DenoFiles } from "./deno_files.ts";
import { IoError } from "../ports/file_system.ts";
import type { LaneControl } from "../ports/host.ts";
import { GarbagePacer, limitWorkerHeaps } from "./memory.ts";
import type { LaneMessage, LaneOrder } from "./lane_worker.ts";

/**
 * Runs the first lane here and each further one in a worker.
 *
 * @throws What the first lane to fail threw; the others have stopped then.
 */
export async function runLanes(
  files: DenoFiles,
  jobs: readonly LaneJob[],
  counts: readonly LaneCount[],
  control: LaneControl,
): Promise<void> {
  const [ownJob, ...otherJobs] = jobs;
  if (otherJobs.length > 0) limitWorkerHeaps();
  const workers = otherJobs.map(() =>
    new Worker(new URL("./lane_worker.ts", import.meta.url), { type: "module" })
  );
  let firstError: unknown;
  let isStopped = false;
  const stopAll = () => {
    isStopped = true;
    for (const worker of workers) send(worker, { kind: "stop" });
  };
  const fail = (error: unknown) => {
    firstError ??= error;
    stopAll();
  };
  if (control.stop.aborted) stopAll();
  control.stop.addEventListener("abort", stopAll);
  try {
    const others = workers.map(async (worker, index) => {
      const error = await runInWorker(worker, otherJobs[index]!, files.temporaryTag, (count) => {
        Object.assign(counts[index + 1]!, count);
        control.onProgress();
      });
      if (error !== undefined) fail(error);
    });
    const garbage = new GarbagePacer();
    const own = writeLane(files, ownJob!, {
      randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
      onDevice: () => {
        garbage.step();
        return control.onProgress();
      },
      isStopped: () => isStopped,
    }, counts[0]!).catch(fail);
    await Promise.all([own, ...others]);
  } finally {
    control.stop.removeEventListener("abort", stopAll);
    for (const worker of workers) worker.terminate();
  }
  if (firstError !== undefined) throw firstError;
}

function send(worker: Worker, order: LaneOrder): void {
  worker.postMessage(order);
}

/** Resolves when the lane has ended, with the error that ended it, if any. */
function runInWorker(
  worker: Worker,
  job: LaneJob,
  temporaryTag: string,
  onCount: (count: LaneCount) => void,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<LaneMessage>) => {
      onCount(data.count);
      if (data.kind === "ended") resolve(undefined);
      if (data.kind === "failed") resolve(errorOf(data));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(new Error(event.message));
    };
    send(worker, { kind: "start", job, temporaryTag });
  });
}

/** Errors lose their class on the way from a worker. */
function errorOf({ error }: Extract<LaneMessage, { kind: "failed" }>): Error {
  switch (error.kind) {
    case "io":
      return new IoError(error.action, error.path, error.reason);
    case "changed":
      return new InputChangedError(error.path);
    case "bug":
      return new Error(error.message);
    default:
      throw new TypeError(`Cannot rebuild error "${error satisfies never}"`);
  }
}
