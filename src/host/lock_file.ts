import type { FileLock } from "../ports/file_system.ts";
import { ioError } from "./deno_files.ts";

/** A file as older runtimes have it too: they cannot lock without waiting. */
interface LockableFile {
  tryLockSync?(exclusive: boolean): boolean;
}

/** How often a lock file may vanish between opening and locking it before that is an error. */
const MAX_ATTEMPTS = 100;

/** See `FileSystem.tryLock`. */
export function tryLockFile(
  path: string,
  kind: "shared" | "exclusive",
): FileLock | undefined | "unsupported" {
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const file = Deno.openSync(path, { read: true, write: true, create: true });
      const outcome = tryLockOpen(file, kind);
      if (outcome === "locked" && isUnder(file, path)) return new DenoLock(file, path);
      file.close();
      if (outcome === "busy") return undefined;
      if (outcome === "unsupported") {
        Deno.removeSync(path);
        return "unsupported";
      }
    }
    throw new Error("another process keeps removing it");
  } catch (error) {
    throw ioError("lock", path, error);
  }
}

function tryLockOpen(
  file: Deno.FsFile,
  kind: "shared" | "exclusive",
): "locked" | "busy" | "unsupported" {
  const lockable = file as unknown as LockableFile;
  if (lockable.tryLockSync === undefined) return "unsupported";
  try {
    return lockable.tryLockSync(kind === "exclusive") ? "locked" : "busy";
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock) return "busy";
    return "unsupported"; // some network drives
  }
}

/** Whether the locked file still has its name: its last holder may have removed it meanwhile. */
function isUnder(file: Deno.FsFile, path: string): boolean {
  try {
    const [mine, named] = [file.statSync(), Deno.statSync(path)];
    return mine.ino === named.ino && mine.dev === named.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

class DenoLock implements FileLock {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  read(): string {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const buffer = new Uint8Array(1024);
    const sizeBytes = this.#file.readSync(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, sizeBytes));
  }

  share(): void {
    this.#file.lockSync(false);
  }

  write(text: string): void {
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(new TextEncoder().encode(text));
    this.#file.syncDataSync();
  }

  release({ remove }: { remove: boolean }): void {
    try {
      // Only who holds the file alone may take its name away.
      const lockable = this.#file as unknown as LockableFile;
      if (remove && lockable.tryLockSync?.(true)) Deno.removeSync(this.#path);
    } catch {
      // Left behind, it does no harm: the next run locks it again.
    } finally {
      this.#file.close();
    }
  }
}
