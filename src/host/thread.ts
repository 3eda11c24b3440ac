/**
 * The script of a thread: serves one lane.
 *
 * @module
 */

import type { LaneMessage, LaneOrder } from "../lanes/lane.ts";
import { serveLane } from "../lanes/serve_lane.ts";
import type { WriteJob } from "../output/write_lane.ts";
import type { VerifyJob } from "../verify/verify_lane.ts";
import { DenoFiles } from "./deno_files.ts";
import { pause, randomBytes } from "./system.ts";

// A worker's global scope has no type of its own in Deno's default library.
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<LaneOrder>) => void;
  postMessage(message: LaneMessage): void;
};

const files = new DenoFiles();
const serve = serveLane({
  // What a task needs is loaded for it alone: each thread has its own copy in memory.
  open: async (task, job) => {
    switch (task) {
      case "write": {
        const { openWriteLane } = await import("../output/write_lane.ts");
        return openWriteLane(files, job as WriteJob, randomBytes);
      }
      case "verify": {
        const { openVerifyLane } = await import("../verify/verify_lane.ts");
        return openVerifyLane(files, job as VerifyJob);
      }
      default:
        throw new TypeError(`Cannot do "${task satisfies never}"`);
    }
  },
  post: (message) => scope.postMessage(message),
  now: () => performance.now(),
  pause,
});

scope.onmessage = ({ data }) => serve(data);
