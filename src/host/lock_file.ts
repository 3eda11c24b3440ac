import type { FileLock } from "../ports/file_system.ts";
import { ioError } from "./io_error.ts";
import { patiently } from "./patience.ts";

/** A file as older runtimes have it too: they cannot lock without waiting. */
interface LockableFile {
  tryLockSync?(exclusive: boolean): boolean;
}

/** See `FileSystem.tryLock`. Nothing is ever written to the file. */
export function tryLockFile(path: string): FileLock | undefined | "unsupported" {
  let file: Deno.FsFile | undefined;
  try {
    // Windows locks only what may be written.
    file = patiently(() => Deno.openSync(path, { read: true, write: true }));
    const outcome = lock(file);
    if (outcome === "locked" && isUnder(file, path)) {
      const locked = file;
      file = undefined;
      return { release: () => locked.close() };
    }
    return outcome === "unsupported" ? outcome : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw ioError("lock", path, error);
  } finally {
    file?.close();
  }
}

function lock(file: Deno.FsFile): "locked" | "busy" | "unsupported" {
  const lockable = file as unknown as LockableFile;
  if (lockable.tryLockSync === undefined) return "unsupported";
  try {
    return lockable.tryLockSync(true) ? "locked" : "busy";
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock) return "busy";
    return "unsupported"; // some network drives
  }
}

/** Whether the locked file still has its name: its last holder may have removed it meanwhile. */
function isUnder(file: Deno.FsFile, path: string): boolean {
  try {
    const [mine, named] = [file.statSync(), Deno.lstatSync(path)];
    return named.isFile && mine.ino === named.ino && mine.dev === named.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
