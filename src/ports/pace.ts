/** How a long work tells how far it is, and learns that it has to stop. */
export interface Pace {
  /** Begins a phase such as "checking", of `total` devices if that is known. */
  begin(phase: string, total?: number): void;
  /**
   * Tells that `done` devices of the phase are done. A promise that comes back
   * has to be awaited: it gives signals and other events their turn.
   */
  step(done: number): Promise<void> | undefined;
  /** Whether the user wants the work to stop. */
  readonly isStopped: boolean;
}
