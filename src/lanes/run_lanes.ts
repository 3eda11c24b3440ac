/**
 * Runs lanes side by side: one in this thread, the others in threads of their
 * own. Parts are given out one by one, so a slow lane holds nobody up, and a
 * thread that cannot be started is one lane less.
 *
 * @module
 */

import { IoError } from "../ports/file_system.ts";
import type { Thread } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";
import type { Lane, LaneError, LaneMessage, LaneOrder, LaneTask } from "./lane.ts";

/** What is to be done, by whom. */
export interface LanesJob<Result> {
  /** Parts to be done, from 0. */
  partCount: number;
  task: LaneTask;
  /** What the lane of a thread is opened with: plain data. */
  jobOf(laneIndex: number): unknown;
  /** The lane of this thread, number 0. */
  own: Lane<Result>;
  /** Starts each further lane's thread. */
  threads: readonly (() => Thread)[];
  /** Deals with the result of a part; the lane goes on once this resolves. */
  onResult(result: Result, part: number): Promise<void>;
}

/**
 * Runs all lanes to their end, or until the pace stops.
 *
 * @throws What the first lane to fail threw; the others have ended their device then.
 */
export async function runLanes<Result>(job: LanesJob<Result>, pace: Pace): Promise<void> {
  let nextPart = 0;
  let failure: { error: unknown } | undefined;
  const done: number[] = [];
  const lanePace = (lane: number): Pace => ({
    begin: () => {},
    step: (count) => {
      done[lane] = count;
      let sum = 0;
      for (const part of done) sum += part ?? 0;
      return pace.step(sum);
    },
    get isStopped() {
      return failure !== undefined || pace.isStopped;
    },
  });
  const takePart = () => {
    const isOver = failure !== undefined || pace.isStopped || nextPart >= job.partCount;
    return isOver ? undefined : nextPart++;
  };
  const run = async (lane: Lane<Result>, laneIndex: number) => {
    const own = lanePace(laneIndex);
    let settled = Promise.resolve();
    for (let part = takePart(); part !== undefined; part = takePart()) {
      const result = await lane.run(part, settled, own);
      settled = job.onResult(result, part);
      settled.catch(() => {}); // whoever awaits it next is told
    }
    await settled;
  };
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  const threads = job.threads.map((start, index) =>
    new ThreadLane<Result>(start(), job.task, job.jobOf(index + 1))
  );
  try {
    await Promise.all([
      run(job.own, 0).catch(fail),
      ...threads.map(async (thread, index) => {
        if (await thread.isReady) await run(thread, index + 1).catch(fail);
      }),
    ]);
  } finally {
    for (const thread of threads) thread.end();
  }
  if (failure !== undefined) throw failure.error;
}

/** A lane that works in another thread. */
class ThreadLane<Result> implements Lane<Result> {
  /** Whether the thread could be started. */
  readonly isReady: Promise<boolean>;
  readonly #thread: Thread;
  #pace: Pace | undefined;
  #hasStopped = false;
  #resolve: (result: Result) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(thread: Thread, task: LaneTask, job: unknown) {
    this.#thread = thread;
    this.isReady = new Promise((resolve) => {
      let isReady = false;
      thread.onMessage = (message) => {
        const told = message as LaneMessage;
        switch (told.kind) {
          case "ready":
            isReady = true;
            return resolve(true);
          case "progress":
            return this.#onProgress(told.done);
          case "result":
            return this.#resolve(told.result as Result);
          case "failed":
            resolve(false);
            return this.#reject(errorOf(told.error));
          default:
            throw new TypeError(`Cannot understand "${told satisfies never}"`);
        }
      };
      thread.onFailure = (reason) => {
        if (isReady) this.#reject(new Error(reason));
        else resolve(false); // its parts go to the other lanes
      };
    });
    this.#order({ kind: "open", task, job });
  }

  run(part: number, settled: Promise<void>, pace: Pace): Promise<Result> {
    this.#pace = pace;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#order({ kind: "run", part });
      settled.then(
        () => this.#order({ kind: "settled" }),
        (error) => {
          // The thread has to let go of its part before anybody clears up behind it.
          this.#reject = () => reject(error);
          this.#order({ kind: "unsettled" });
        },
      );
    });
  }

  end(): void {
    this.#thread.end();
  }

  #onProgress(done: number): void {
    this.#pace?.step(done);
    this.#passStop();
  }

  #passStop(): void {
    if (this.#hasStopped || !this.#pace?.isStopped) return;
    this.#hasStopped = true;
    this.#order({ kind: "stop" });
  }

  #order(order: LaneOrder): void {
    this.#thread.post(order);
  }
}

/** Errors lose their class on the way from a thread. */
function errorOf(error: LaneError): Error {
  switch (error.kind) {
    case "io":
      return new IoError(error.action, error.path, error.reason);
    case "bug":
      return new Error(error.message);
    default:
      throw new TypeError(`Cannot rebuild error "${error satisfies never}"`);
  }
}
