import { basename, dirname, join } from "@std/path";
import {
  FileExistsError,
  type FileSystem,
  IoError,
  NoSuchFileError,
  type PathKind,
} from "./file_system.ts";

const CHUNK_BYTES = 64 * 1024;
/** Read and write for the owner, nothing for anybody else. */
const SECRET_MODE = 0o600;

/** The files of this machine, through Deno's synchronous calls: a promise costs more than a small file. */
export class DenoFiles implements FileSystem {
  readonly isWindows = Deno.build.os === "windows";
  /** Tells this process's temporary files from those of others. */
  readonly #tag: string;
  #canLink = true;

  constructor() {
    const random = crypto.getRandomValues(new Uint8Array(4));
    this.#tag = random.toHex();
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
    this.#publish(path, (temporary) => {
      const file = Deno.openSync(temporary, { write: true, createNew: true });
      try {
        for (const chunk of chunks) {
          for (let at = 0; at < chunk.length;) at += file.writeSync(chunk.subarray(at));
        }
      } finally {
        file.close();
      }
    });
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
    const temporary = join(dirname(path), `.${basename(path)}.${this.#tag}.tmp`);
    let isTemporaryThere = true;
    try {
      write(temporary);
      if (this.#canLink) {
        try {
          Deno.linkSync(temporary, path);
          return;
        } catch (error) {
          if (error instanceof Deno.errors.AlreadyExists) throw error;
        }
      }
      if (this.exists(path)) throw new Deno.errors.AlreadyExists("exists already");
      Deno.renameSync(temporary, path);
      isTemporaryThere = false;
      this.#canLink = false; // the rename worked where the link did not
    } catch (error) {
      throw error instanceof IoError ? error : ioError("write", path, error);
    } finally {
      if (isTemporaryThere) removeQuietly(temporary);
    }
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
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

function ioError(action: string, path: string, error: unknown): IoError {
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
