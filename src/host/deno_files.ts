import { basename } from "@std/path";
import {
  type AppendFile,
  FileExistsError,
  type FileLock,
  type FileSystem,
  IoError,
  NoSuchFileError,
  type PathKind,
} from "../ports/file_system.ts";
import { tryLockFile } from "./lock_file.ts";

const CHUNK_BYTES = 64 * 1024;
/** A dot, the final name, the tag and eight random digits. */
const TEMPORARY_NAME = /^\..+\.([0-9a-z-]+)\.[0-9a-f]{8}\.tmp$/;
/** Read and write for the owner, nothing for anybody else. */
const SECRET_MODE = 0o600;

/** The files of this machine, through Deno's synchronous calls: a promise costs more than a small file. */
export class DenoFiles implements FileSystem {
  readonly isWindows = Deno.build.os === "windows";
  /** Tells this process's temporary files from those of others, together with the tag. */
  readonly #random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  #tag = "0";
  #canLink = true;

  setTemporaryTag(tag: string): void {
    this.#tag = tag;
  }

  get temporaryTag(): string {
    return this.#tag;
  }

  temporaryTagOf(name: string): string | undefined {
    return TEMPORARY_NAME.exec(name)?.[1];
  }

  *readChunks(path: string): Generator<Uint8Array> {
    const file = reading(path, () => Deno.openSync(path));
    try {
      const buffer = new Uint8Array(CHUNK_BYTES);
      while (true) {
        const sizeBytes = reading(path, () => file.readSync(buffer));
        if (sizeBytes === null) return;
        yield buffer.subarray(0, sizeBytes);
      }
    } finally {
      file.close();
    }
  }

  readFile(path: string): Uint8Array {
    return reading(path, () => Deno.readFileSync(path));
  }

  statOf(path: string): { kind: PathKind; sizeBytes: number } | undefined {
    try {
      const info = Deno.statSync(path);
      const kind = info.isFile ? "file" : info.isDirectory ? "folder" : "other";
      return { kind, sizeBytes: info.size };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError("read", path, error);
    }
  }

  exists(path: string): boolean {
    try {
      Deno.lstatSync(path);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw ioError("read", path, error);
    }
  }

  namesIn(folder: string): string[] | undefined {
    try {
      return [...Deno.readDirSync(folder)].map((entry) => entry.name);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError("read folder", folder, error);
    }
  }

  makeFolder(path: string): void {
    try {
      Deno.mkdirSync(path, { recursive: true });
    } catch (error) {
      throw ioError("create folder", path, error);
    }
  }

  putNew(path: string, bytes: Uint8Array, options: { secret?: boolean } = {}): void {
    this.#publish(path, (temporary) => {
      Deno.writeFileSync(temporary, bytes, {
        createNew: true,
        ...(options.secret ? { mode: SECRET_MODE } : {}),
      });
    });
  }

  putNewChunks(path: string, chunks: Iterable<Uint8Array>): void {
    this.#publish(path, (temporary) => writeChunks(temporary, chunks));
  }

  replace(path: string, chunks: Iterable<Uint8Array>): void {
    const temporary = this.#temporaryPath(path);
    try {
      writeChunks(temporary, chunks);
      patiently(() => Deno.renameSync(temporary, path));
    } catch (error) {
      removeQuietly(temporary);
      throw ioError("write", path, error);
    }
  }

  openAppend(path: string): AppendFile {
    const file = writing(path, () => Deno.openSync(path, { append: true }));
    return {
      append: (text) => writing(path, () => writeWhole(file, utf8.encode(text))),
      close: () => file.close(),
    };
  }

  tryLock(path: string, kind: "shared" | "exclusive"): FileLock | undefined | "unsupported" {
    return tryLockFile(path, kind);
  }

  #temporaryPath(path: string): string {
    const folderEnd = path.length - basename(path).length;
    const folder = path.slice(0, folderEnd), name = path.slice(folderEnd);
    return `${folder}.${name}.${this.#tag}.${this.#random}.tmp`;
  }

  remove(path: string): void {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (!isMissing(error)) throw ioError("remove", path, error);
    }
  }

  /**
   * Writes under a temporary name in the same folder, then gives the file its
   * name. A hard link does that without ever replacing a file; a rename,
   * where there are no links (FAT, some network drives), can only look first.
   */
  #publish(path: string, write: (temporary: string) => void): void {
    const temporary = this.#temporaryPath(path);
    let isTemporaryThere = true;
    try {
      write(temporary);
      if (this.#canLink) {
        try {
          patiently(() => Deno.linkSync(temporary, path));
          return;
        } catch (error) {
          if (error instanceof Deno.errors.AlreadyExists) throw error;
        }
      }
      if (this.exists(path)) throw new Deno.errors.AlreadyExists("exists already");
      patiently(() => Deno.renameSync(temporary, path));
      isTemporaryThere = false;
      this.#canLink = false; // the rename worked where the link did not
    } catch (error) {
      throw error instanceof IoError ? error : ioError("write", path, error);
    } finally {
      if (isTemporaryThere) removeQuietly(temporary);
    }
  }
}

const utf8 = new TextEncoder();

function writeChunks(path: string, chunks: Iterable<Uint8Array>): void {
  const file = Deno.openSync(path, { write: true, createNew: true });
  try {
    for (const chunk of chunks) writeWhole(file, chunk);
    file.syncDataSync();
  } finally {
    file.close();
  }
}

function writeWhole(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw ioError("write", path, error);
  }
}

/** How often, and after how many milliseconds, a locked file is tried again. */
const LOCK_RETRIES = 20;
const LOCK_PAUSE = 50;

/**
 * Tries again while another program has the file open: on Windows a virus
 * scanner looks into each new file for a moment, and nobody can rename or
 * remove it meanwhile.
 */
function patiently(act: () => void): void {
  for (let attempt = 0;; attempt++) {
    try {
      return act();
    } catch (error) {
      const isLocked = Deno.build.os === "windows" &&
        (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.Busy);
      if (!isLocked || attempt === LOCK_RETRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE);
    }
  }
}

function removeQuietly(path: string): void {
  try {
    patiently(() => Deno.removeSync(path));
  } catch {
    // It was never made, or the error that is already on its way says more.
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw ioError("read", path, error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** What the system said, as an error of ours. */
export function ioError(action: string, path: string, error: unknown): IoError {
  if (error instanceof IoError) return error;
  if (error instanceof Deno.errors.AlreadyExists) {
    return new FileExistsError(action, path, "it exists already and was not touched");
  }
  if (error instanceof Deno.errors.NotFound) {
    return new NoSuchFileError(action, path, "it does not exist");
  }
  if (error instanceof Deno.errors.IsADirectory) {
    return new NoSuchFileError(action, path, "it is a folder");
  }
  return new IoError(action, path, reasonOf(error));
}

/** The system's words without Deno's additions: "No space left on device". */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\).*$/s, "");
}
