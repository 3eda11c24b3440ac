import type { FileSystem, WritableFile } from "../ports/file_system.ts";
import { FileExistsError } from "../ports/file_system.ts";
import { type Disk, isOwnFile } from "../files/disk.ts";
import { writeAll } from "../files/write_all.ts";
import { MANIFEST_HEADER } from "../plan/manifest.ts";
import type { Gate } from "./gate.ts";

const LF = 0x0A;
const utf8 = new TextEncoder();

/** Adds rows to a manifest: the only writer of this process. */
export class ManifestWriter {
  readonly #files: FileSystem;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #gate: Gate;
  readonly #file: WritableFile;

  private constructor(files: FileSystem, disk: Disk, path: string, gate: Gate) {
    this.#files = files;
    this.#disk = disk;
    this.#path = path;
    this.#gate = gate;
    this.#file = files.openAppend(path);
  }

  /**
   * Opens a manifest, and makes it if it is not there.
   *
   * @throws {IoError} If it is a link or anything else that was planted.
   */
  static async open(
    files: FileSystem,
    disk: Disk,
    path: string,
    gate: Gate,
    folder: string,
  ): Promise<ManifestWriter> {
    if (!isOwnFile(files, path)) {
      try {
        files.createNew(path).close();
      } catch (error) {
        if (!(error instanceof FileExistsError)) throw error;
      }
    }
    const writer = new ManifestWriter(files, disk, path, gate);
    try {
      await writer.#completeHeader();
      await disk.syncFolder(folder);
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  /** Adds rows, each with its end, in one write; they are on the disk when this resolves. */
  async append(rows: string): Promise<void> {
    await this.#gate.within(() => {
      // Who was killed while it wrote may have left a line without its end.
      const isTorn = this.#lastByte() !== LF;
      writeAll(this.#file, utf8.encode(isTorn ? `\n${rows}` : rows));
    });
    await this.#disk.syncOpen(this.#file, this.#path);
  }

  close(): void {
    this.#file.close();
  }

  /** A manifest that was just made, or whose header was torn, gets what is missing of it. */
  async #completeHeader(): Promise<void> {
    await this.#gate.within(() => {
      const header = utf8.encode(MANIFEST_HEADER);
      const sizeBytes = this.#files.statOf(this.#path)?.sizeBytes ?? 0;
      if (sizeBytes < header.length) writeAll(this.#file, header.subarray(sizeBytes));
    });
    await this.#disk.syncOpen(this.#file, this.#path);
  }

  #lastByte(): number | undefined {
    const sizeBytes = this.#files.statOf(this.#path)?.sizeBytes ?? 0;
    if (sizeBytes === 0) return undefined;
    let last: number | undefined;
    for (const chunk of this.#files.readChunks(this.#path, sizeBytes - 1, 1)) last = chunk[0];
    return last;
  }
}
