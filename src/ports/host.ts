import type { LaneCount, LaneJob } from "../output/lane.ts";
import type { FileSystem } from "./file_system.ts";

/** How lanes tell how far they are, and learn that they have to stop. */
export interface LaneControl {
  /** Called when any count has changed; resolves when the event loop has had its turn. */
  onProgress(): Promise<void> | undefined;
  /** Aborted when the user wants to stop. */
  stop: AbortSignal;
}

/** The machine around the program, apart from files. */
export interface Host {
  readonly files: FileSystem;
  /** Writes to standard output. A reader that has gone away is no error. */
  print(text: string): void;
  /** Writes to standard error. */
  printError(text: string): void;
  /** Columns of the terminal that standard error is, or `undefined` if it is none. */
  errorColumns(): number | undefined;
  /** Whether standard output is a terminal. */
  outputIsTerminal(): boolean;
  /** Whether standard output is a terminal whose user wants colour (see NO_COLOR). */
  outputHasColor(): boolean;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** The date and time of day where the program runs. */
  localTime(): Date;
  /** Bytes from the system's cryptographic source. */
  randomBytes(sizeBytes: number): Uint8Array;
  /** Waits; 0 milliseconds let signals and other events be handled. */
  wait(milliseconds: number): Promise<void>;
  /** Told of each device looked at, so that memory can be kept flat. */
  paceGarbage(): void;
  /** Frees garbage now. */
  collectGarbage(): void;
  /** Logical processors. */
  readonly cores: number;
  /**
   * Runs the first lane in this thread and each further one in a worker, and
   * counts what they do.
   *
   * @throws What the first lane to fail threw; the others have stopped then.
   */
  runLanes(
    jobs: readonly LaneJob[],
    counts: readonly LaneCount[],
    control: LaneControl,
  ): Promise<void>;
  /** A signal that aborts on Ctrl-C and on a request to end, until `dispose` is called. */
  interruption(): { signal: AbortSignal; dispose(): void };
}
