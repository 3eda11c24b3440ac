import type { FileSystem } from "./file_system.ts";

/** The machine around the program, apart from files. */
export interface Host {
  readonly files: FileSystem;
  /** Writes to standard output. A reader that has gone away is no error. */
  print(text: string): void;
  /** Writes to standard error. */
  printError(text: string): void;
  /** Columns of the terminal that standard error is, or `undefined` if it is none. */
  errorColumns(): number | undefined;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** The date and time of day where the program runs. */
  localTime(): Date;
  /** Bytes from the system's cryptographic source. */
  randomBytes(sizeBytes: number): Uint8Array;
  /** Lets signals and other events be handled. */
  pause(): Promise<void>;
}
