import { join } from "@std/path";
import {
  type FileLock,
  type FileSystem,
  type IoError,
  type PathInfo,
  UnsupportedError,
  type WritableFile,
} from "../ports/file_system.ts";
import { codeOf, ioError, isMissing } from "./io_error.ts";
import { tryLockFile } from "./lock_file.ts";
import { patiently } from "./patience.ts";
import { randomBytes } from "./system.ts";

const isWindows = Deno.build.os === "windows";

const CHUNK_BYTES = 64 * 1024;
/** Read and write for the owner, nothing for anybody else. */
const SECRET_MODE = 0o600;

/** The files of this machine, through Deno's synchronous calls: a promise costs more than a small file. */
export class DenoFiles implements FileSystem {
  readonly isWindows = isWindows;

  statOf(path: string): PathInfo | undefined {
    return infoOf(path, Deno.statSync);
  }

  linkStatOf(path: string): PathInfo | undefined {
    return infoOf(path, Deno.lstatSync);
  }

  namesIn(folder: string): string[] | undefined {
    try {
      return patiently(() => Array.from(Deno.readDirSync(folder), ({ name }) => name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError("read folder", folder, error);
    }
  }

  readFile(path: string): Uint8Array<ArrayBuffer> {
    return acting("read", path, () => Deno.readFileSync(path));
  }

  *readChunks(path: string, offset = 0, sizeBytes = Infinity): Generator<Uint8Array> {
    const file = acting("read", path, () => Deno.openSync(path));
    try {
      if (offset > 0) acting("read", path, () => file.seekSync(offset, Deno.SeekMode.Start));
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, sizeBytes));
      for (let left = sizeBytes; left > 0;) {
        const wanted = left < buffer.length ? buffer.subarray(0, left) : buffer;
        const count = acting("read", path, () => file.readSync(wanted));
        if (count === null) return;
        left -= count;
        yield buffer.subarray(0, count);
      }
    } finally {
      file.close();
    }
  }

  writeFault(folder: string): string | undefined {
    // A name that is not there cannot get another; a read-only disk says so first.
    const name = join(folder, `.${randomBytes(16).toHex()}`);
    try {
      Deno.renameSync(name, `${name}.tmp`);
    } catch (error) {
      const isTold = error instanceof Deno.errors.NotCapable || codeOf(error) === "EROFS";
      return isTold ? ioError("write", folder, error).reason : undefined;
    }
    return undefined;
  }

  makeFolder(path: string): void {
    acting("create folder", path, () => Deno.mkdirSync(path));
  }

  createNew(path: string, { secret = false } = {}): WritableFile {
    const options = secret
      ? { write: true, createNew: true, mode: SECRET_MODE }
      : { write: true, createNew: true };
    return openToWrite(path, options);
  }

  openAppend(path: string): WritableFile {
    return openToWrite(path, { append: true });
  }

  link(from: string, to: string): void {
    try {
      patiently(() => Deno.linkSync(from, to));
    } catch (error) {
      throw LINKS_UNSUPPORTED.has(codeOf(error))
        ? new UnsupportedError("write", to, "the file system has no hard links")
        : ioError("write", to, error);
    }
  }

  rename(from: string, to: string): void {
    acting("write", to, () => Deno.renameSync(from, to));
  }

  remove(path: string): void {
    try {
      patiently(() => Deno.removeSync(path));
    } catch (error) {
      if (!isMissing(error)) throw ioError("remove", path, error);
    }
  }

  removeTree(folder: string): void {
    try {
      patiently(() => Deno.removeSync(folder, { recursive: true }));
    } catch (error) {
      if (!isMissing(error)) throw ioError("remove", folder, error);
    }
  }

  async syncFile(path: string): Promise<void> {
    // Windows flushes only what may be written; elsewhere a file need not be writable.
    const options = isWindows ? { append: true } : { read: true };
    const file = acting("write", path, () => Deno.openSync(path, options));
    try {
      await syncing(path, file.syncData());
    } finally {
      file.close();
    }
  }

  async syncFolder(path: string): Promise<void> {
    // Windows keeps names in a journal, and has no way to ask for it.
    if (isWindows) throw unsyncable(path);
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw unsyncable(path);
      throw ioError("write", path, error);
    }
    try {
      await syncing(path, file.sync());
    } finally {
      file.close();
    }
  }

  tryLock(path: string): FileLock | undefined | "unsupported" {
    return tryLockFile(path);
  }
}

/** What systems answer where hard links do not exist, or are not allowed. */
const LINKS_UNSUPPORTED: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EISDIR", // Windows' ERROR_INVALID_FUNCTION, as Deno names it
]);

/** What systems answer where something cannot be synced at all. */
const SYNC_UNSUPPORTED: ReadonlySet<string | undefined> = new Set([
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
]);

function infoOf(path: string, stat: (path: string) => Deno.FileInfo): PathInfo | undefined {
  try {
    const { isFile, isDirectory, isSymlink, size, nlink } = patiently(() => stat(path));
    const kind = isSymlink ? "link" : isFile ? "file" : isDirectory ? "folder" : "other";
    return { kind, sizeBytes: size, linkCount: nlink ?? 1 };
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Windows opens a device such as NUL, and has nothing to tell of it.
    if (isWindows && DEVICE_CODES.has(codeOf(error))) {
      return { kind: "other", sizeBytes: 0, linkCount: 1 };
    }
    throw ioError("read", path, error);
  }
}

/** Windows' ERROR_INVALID_PARAMETER, _FUNCTION and _HANDLE, as Deno names them. */
const DEVICE_CODES: ReadonlySet<string | undefined> = new Set(["EINVAL", "EISDIR", "EBADF"]);

function openToWrite(path: string, options: Deno.OpenOptions): WritableFile {
  return new DenoWritableFile(path, acting("write", path, () => Deno.openSync(path, options)));
}

class DenoWritableFile implements WritableFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  write(bytes: Uint8Array): number {
    return acting("write", this.#path, () => this.#file.writeSync(bytes));
  }

  syncData(): Promise<void> {
    return syncing(this.#path, this.#file.syncData());
  }

  close(): void {
    this.#file.close();
  }
}

function syncing(path: string, sync: Promise<void>): Promise<void> {
  return sync.catch((error) => {
    throw SYNC_UNSUPPORTED.has(codeOf(error)) ? unsyncable(path) : ioError("write", path, error);
  });
}

function unsyncable(path: string): IoError {
  return new UnsupportedError("sync", path, "the system cannot do that here");
}

/** Does something that a scanner may hold up for a moment, with errors of ours. */
function acting<T>(action: string, path: string, act: () => T): T {
  try {
    return patiently(act);
  } catch (error) {
    throw ioError(action, path, error);
  }
}
