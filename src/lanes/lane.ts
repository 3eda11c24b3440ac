/**
 * Lanes: a batch is worked on in parts, by this thread and perhaps others.
 *
 * @module
 */

import type { Pace } from "../ports/pace.ts";

/** Works on one part of a batch after the other. */
export interface Lane<Result> {
  /**
   * Works on a part, by its index in the values' parts. When the pace stops,
   * it ends the device at hand and returns what it did.
   *
   * @param settled Resolves when the result of the part before has been dealt with.
   * @param pace Told of the devices done since the lane began.
   */
  run(part: number, settled: Promise<void>, pace: Pace): Promise<Result>;
}

/** What a thread is told. */
export type LaneOrder =
  | { kind: "open"; task: LaneTask; job: unknown }
  | { kind: "run"; part: number }
  /** The result of the part before has been dealt with. */
  | { kind: "settled" }
  /** It could not be dealt with: the lane gives its part up. */
  | { kind: "unsettled" }
  | { kind: "stop" };

/** Works that a thread knows how to do. */
export type LaneTask = "write" | "verify";

/** What a thread tells. */
export type LaneMessage =
  | { kind: "ready" }
  /** Devices done since the lane began. */
  | { kind: "progress"; done: number }
  | { kind: "result"; result: unknown }
  | { kind: "failed"; error: LaneError };

/** An error as plain data. */
export type LaneError =
  | { kind: "io"; action: string; path: string; reason: string }
  | { kind: "bug"; message: string };
