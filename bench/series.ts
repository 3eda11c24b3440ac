/** Seconds of each mode, run by run: what is compared was measured side by side. */
export class Series {
  readonly #deviceCount: number;
  readonly #seconds = new Map<string, number[]>();

  constructor(deviceCount: number) {
    this.#deviceCount = deviceCount;
  }

  /** Adds the time of a mode in the run at hand. */
  add(mode: string, seconds: number): void {
    const known = this.#seconds.get(mode);
    if (known === undefined) this.#seconds.set(mode, [seconds]);
    else known.push(seconds);
  }

  /** A line a mode: its median, and the medians of its ratios to the bases. */
  lines(bases: readonly string[]): string[] {
    const modes = [...this.#seconds].sort(([a], [b]) => a < b ? -1 : 1);
    return modes.map(([mode, seconds]) => {
      const perDevice = (median(seconds) * 1e6 / this.#deviceCount).toFixed(0);
      const ratios = bases.map((base) => `${this.#ratio(seconds, base)} × ${base}`);
      return `${mode.padEnd(18)} ${median(seconds).toFixed(2).padStart(7)} s ${
        perDevice.padStart(6)
      } µs a device  ${ratios.join("  ")}`;
    });
  }

  #ratio(seconds: readonly number[], base: string): string {
    const baseSeconds = this.#seconds.get(base)!;
    return median(seconds.map((value, run) => value / baseSeconds[run]!)).toFixed(2).padStart(5);
  }
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
