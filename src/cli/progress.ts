/**
 * The progress line of a batch.
 *
 * @module
 */

import type { Host } from "../ports/host.ts";
import { counted } from "../problems/printable.ts";
import type { Pace } from "../ports/pace.ts";

/** How far a batch is. */
export interface ProgressState {
  phase: string;
  done: number;
  /** Absent while the number of devices is not known yet. */
  total?: number;
  seconds: number;
}

const CLEAR_LINE = "\r\x1B[2K";
const MILLISECONDS_BETWEEN_LINES = 100;
/** Often enough for the host to keep order: events are handled, memory stays flat. */
const MILLISECONDS_BETWEEN_PAUSES = 15;

/** The progress line, cut to `columns`. */
export function renderProgress(state: ProgressState, columns: number): string {
  const { phase, done, total, seconds } = state;
  const rate = seconds > 0 ? done / seconds : 0;
  const parts = [total === undefined ? counted(done, "device") : `${done} of ${total} devices`];
  if (rate > 0) parts.push(`${Math.round(rate)}/s`);
  if (rate > 0 && total !== undefined) parts.push(`${duration((total - done) / rate)} left`);
  return `${phase} ${parts.join(", ")}`.slice(0, Math.max(columns - 1, 0));
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Shows a line on a terminal, nothing elsewhere; gives the event loop its turns. */
export class Progress implements Pace {
  readonly #host: Host;
  readonly #isShown: boolean;
  readonly #stop: AbortSignal;
  #phase = "";
  #total: number | undefined;
  #startedAt = 0;
  #shownAt = 0;
  #pausedAt = 0;
  #hasLine = false;

  /** @param stop Aborted when the user wants to stop. */
  constructor(host: Host, isWanted: boolean, stop: AbortSignal) {
    this.#host = host;
    this.#isShown = isWanted && host.errorColumns() !== undefined;
    this.#stop = stop;
  }

  get isStopped(): boolean {
    return this.#stop.aborted;
  }

  begin(phase: string, total?: number): void {
    this.#phase = phase;
    this.#total = total;
    this.#startedAt = this.#pausedAt = this.#host.now();
    this.#shownAt = -Infinity; // the first device of a phase shows, however short the phase is
  }

  step(done: number): Promise<void> | undefined {
    const now = this.#host.now();
    if (this.#isShown && now - this.#shownAt >= MILLISECONDS_BETWEEN_LINES) {
      this.#shownAt = now;
      this.#hasLine = true;
      const state: ProgressState = {
        phase: this.#phase,
        done,
        ...(this.#total === undefined ? {} : { total: this.#total }),
        seconds: (now - this.#startedAt) / 1000,
      };
      const line = renderProgress(state, this.#host.errorColumns() ?? 80);
      this.#host.printError(CLEAR_LINE + line);
    }
    if (now - this.#pausedAt < MILLISECONDS_BETWEEN_PAUSES) return undefined;
    this.#pausedAt = now;
    return this.#host.wait(0);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#hasLine) this.#host.printError(CLEAR_LINE);
    this.#hasLine = false;
  }
}
