/**
 * The other end of a lane: takes orders in a thread.
 *
 * @module
 */

import { IoError } from "../ports/file_system.ts";
import type { Lane, LaneError, LaneMessage, LaneOrder, LaneTask } from "./lane.ts";

/** Often enough that Ctrl-C feels heard, rarely enough to cost nothing. */
const MILLISECONDS_BETWEEN_MESSAGES = 50;

/** What a thread needs to serve. */
export interface ServeOptions {
  /** Opens the lane of a task. */
  open(task: LaneTask, job: unknown): Promise<Lane<unknown>>;
  post(message: LaneMessage): void;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Gives messages their turn. */
  pause(): Promise<void>;
}

/** Returns what takes a thread's orders. */
export function serveLane(options: ServeOptions): (order: LaneOrder) => void {
  let lane: Lane<unknown> | undefined;
  let isStopped = false;
  let onSettled = () => {};
  let onUnsettled = () => {};
  let toldAt = options.now();
  const pace = {
    begin: () => {},
    step: (done: number) => {
      const now = options.now();
      if (now - toldAt < MILLISECONDS_BETWEEN_MESSAGES) return undefined;
      toldAt = now;
      options.post({ kind: "progress", done });
      return options.pause();
    },
    get isStopped() {
      return isStopped;
    },
  };
  return (order) => {
    switch (order.kind) {
      case "open":
        options.open(order.task, order.job).then(
          (opened) => {
            lane = opened;
            options.post({ kind: "ready" });
          },
          (error) => options.post({ kind: "failed", error: laneError(error) }),
        );
        return;
      case "run": {
        const settled = new Promise<void>((resolve, reject) => {
          onSettled = resolve;
          onUnsettled = () => reject(new Error("the part before could not be recorded"));
        });
        settled.catch(() => {}); // the lane is told when it awaits it
        lane!.run(order.part, settled, pace).then(
          (result) => options.post({ kind: "result", result }),
          (error) => options.post({ kind: "failed", error: laneError(error) }),
        );
        return;
      }
      case "settled":
        return onSettled();
      case "unsettled":
        return onUnsettled();
      case "stop":
        isStopped = true;
        return;
      default:
        throw new TypeError(`Cannot understand "${order satisfies never}"`);
    }
  };
}

function laneError(error: unknown): LaneError {
  if (error instanceof IoError) {
    return { kind: "io", action: error.action, path: error.path, reason: error.reason };
  }
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { kind: "bug", message };
}
