/**
 * The script of a thread: serves one lane.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { serveLane } from "../lanes/serve_lane.ts";
import { openWriteLane, type WriteJob } from "../output/write_lane.ts";
import { openVerifyLane, type VerifyJob } from "../verify/verify_lane.ts";
import { DenoFiles } from "./deno_files.ts";
import { pause, randomBytes } from "./system.ts";

const files = new DenoFiles();
const serve = serveLane({
  open: (task, job) => {
    switch (task) {
      case "write":
        return openWriteLane(files, job as WriteJob, randomBytes);
      case "verify":
        return openVerifyLane(files, job as VerifyJob);
      default:
        throw new TypeError(`Cannot do "${task satisfies never}"`);
    }
  },
  post: (message) => parentPort!.postMessage(message),
  now: () => performance.now(),
  pause,
});

parentPort!.on("message", serve);
