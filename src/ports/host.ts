import type { FileSystem } from "./file_system.ts";

/** A thread beside this one, which runs `src/host/thread.ts`. */
export interface Thread {
  post(message: unknown): void;
  /** Is given each message of the thread. */
  onMessage: (message: unknown) => void;
  /** Is told when the thread cannot be started, or ends by an error that nobody caught. */
  onFailure: (reason: string) => void;
  /** Ends the thread, whatever it does. */
  end(): void;
}

/** The machine around the program. */
export interface Host {
  readonly files: FileSystem;
  /** Writes to standard output. A reader that has gone away is no error. */
  print(text: string): void;
  /** Writes to standard error. */
  printError(text: string): void;
  /** Columns of the terminal that standard error is, or `undefined` if it is none. */
  errorColumns(): number | undefined;
  /** Whether standard input is a terminal. */
  inputIsTerminal(): boolean;
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
  /** Waits; 0 milliseconds are a pause in which signals and other events are handled, if it is time. */
  wait(milliseconds: number): Promise<void>;
  /** Logical processors. */
  readonly cores: number;
  /** Devices that are put in place together at most, if not as many as the batch likes. */
  readonly groupDevices?: number;
  /** Starts a thread. */
  startThread(): Thread;
  /**
   * Returns at once, but keeps the program from ending until Enter is pressed,
   * for as many milliseconds at most.
   */
  lingerForEnter(milliseconds: number): void;
  /** A signal that aborts on Ctrl-C and on a request to end, until `dispose` is called. */
  interruption(): { signal: AbortSignal; dispose(): void };
}
