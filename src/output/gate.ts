import { FileExistsError, type FileLock, type FileSystem, IoError } from "../ports/file_system.ts";
import { isOwnFile } from "../files/disk.ts";

const RETRY_MILLISECONDS = 10;
/** Longer than anybody holds the gate for; a process that was stopped meanwhile may hold it for ever. */
const MAX_WAIT_MILLISECONDS = 3000;

/** Waits that many milliseconds. */
export type Wait = (milliseconds: number) => Promise<void>;

/**
 * The lock that runs of one prefix in one output folder share. It is held for
 * moments only: to begin, to end, and to add to the manifest.
 */
export class Gate {
  readonly #files: FileSystem;
  readonly #path: string;
  readonly #wait: Wait;
  #isUnsupported = false;

  constructor(files: FileSystem, path: string, wait: Wait) {
    this.#files = files;
    this.#path = path;
    this.#wait = wait;
  }

  /** Whether the file system has no locks; then nobody is kept out. */
  get isUnsupported(): boolean {
    return this.#isUnsupported;
  }

  /**
   * Does something while nobody else is in.
   *
   * @throws {IoError} If the gate stays closed, or its file is not one of this program's.
   */
  async within<T>(act: () => Promise<T> | T): Promise<T> {
    const lock = await this.#enter();
    try {
      return await act();
    } finally {
      lock?.release();
    }
  }

  /** Removes the gate's file; for who is within, when no other run is under way. */
  remove(): void {
    this.#files.remove(this.#path);
  }

  async #enter(): Promise<FileLock | undefined> {
    if (this.#isUnsupported) return undefined;
    for (let waited = 0; waited <= MAX_WAIT_MILLISECONDS; waited += RETRY_MILLISECONDS) {
      if (!isOwnFile(this.#files, this.#path)) {
        try {
          this.#files.createNew(this.#path).close();
        } catch (error) {
          if (!(error instanceof FileExistsError)) throw error;
        }
      }
      const lock = this.#files.tryLock(this.#path);
      if (lock === "unsupported") {
        this.#isUnsupported = true;
        this.remove();
        return undefined;
      }
      if (lock !== undefined) return lock;
      await this.#wait(RETRY_MILLISECONDS);
    }
    throw new IoError("lock", this.#path, "another process holds it; wait for it, or end it");
  }
}
