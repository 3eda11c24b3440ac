import { join } from "@std/path";
import type { FileSystem } from "../host/file_system.ts";
import type { Problems } from "../input/problems.ts";
import type { BatchSpec } from "./batch_check.ts";
import { HashTable } from "./hash_table.ts";
import {
  deviceFiles,
  foldedName,
  isUnfitForWindows,
  nameLengthFault,
  namePartFault,
} from "./names.ts";

/** Checks the names of all devices of a batch: usable, different, and free. */
export class NameCheck {
  readonly notes: string[] = [];
  readonly #files: FileSystem;
  readonly #spec: BatchSpec;
  readonly #problems: Problems;
  /** Line of the device that has a name, by folded name. */
  readonly #lineOfName = new HashTable();
  /** Folders below the output folder that hold anything; in the others every name is free. */
  readonly #occupied = new Map<string, boolean>();
  #fileIdCellIndex = -1;
  #isUnfitForWindows = false;

  constructor(files: FileSystem, spec: BatchSpec, problems: Problems) {
    this.#files = files;
    this.#spec = spec;
    this.#problems = problems;
  }

  /** @param cellIndex Cell of the file id in each record, from 0, or -1. */
  setFileIdColumn(cellIndex: number): void {
    this.#fileIdCellIndex = cellIndex;
  }

  check(line: number, name: string, fileId: string): void {
    if (this.#fileIdCellIndex >= 0) {
      const fault = namePartFault(fileId, this.#files.isWindows) ?? nameLengthFault(name);
      if (fault !== undefined) {
        this.#report(line, `file id "${shortened(fileId)}" ${fault}`);
        return;
      }
      this.#isUnfitForWindows ||= isUnfitForWindows(fileId);
      // A counter makes every name different by itself, and so does the device's number.
      if (this.#spec.prefixNumber === undefined) this.#checkDifferent(line, name, fileId);
    }
    this.#checkFree(name);
  }

  finish(deviceCount: number): void {
    const { keySource } = this.#spec;
    if (keySource.kind === "freshHmac" && keySource.hmacKeyFile !== undefined && deviceCount > 1) {
      this.#problems.add(
        { file: this.#spec.values },
        `has ${deviceCount} devices, but --kp_hmac_keyfile names one file for all their HMAC keys; ` +
          "leave it out, and each gets its own",
      );
    }
    if (this.#isUnfitForWindows) {
      this.#note('some names hold one of < > : " | ? *, which Windows does not allow in names');
    }
  }

  #note(text: string): void {
    this.notes.push(text);
  }

  #report(line: number, message: string): void {
    this.#problems.add({
      file: this.#spec.values,
      line,
      ...(this.#fileIdCellIndex < 0 ? {} : { column: this.#fileIdCellIndex + 1 }),
      ...(this.#spec.fileIdColumn === undefined ? {} : { key: this.#spec.fileIdColumn }),
    }, message);
  }

  #checkDifferent(line: number, name: string, fileId: string): void {
    const folded = foldedName(name);
    const earlier = this.#lineOfName.get(folded);
    if (earlier === undefined) {
      this.#lineOfName.add(folded, line);
    } else {
      this.#report(
        line,
        `file id "${fileId}" was used in line ${earlier} already (upper and lower case count as ` +
          "the same); give each device its own",
      );
    }
  }

  #checkFree(name: string): void {
    const { outdir, writeCsv, keySource } = this.#spec;
    for (const path of Object.values(deviceFiles(name, writeCsv, keySource)) as string[]) {
      const fullPath = join(outdir, path);
      const slash = path.lastIndexOf("/");
      if (this.#isOccupied(slash < 0 ? outdir : join(outdir, path.slice(0, slash)))) {
        if (this.#files.exists(fullPath)) {
          this.#problems.add(
            { file: fullPath },
            "exists already; choose another --outdir or prefix, or move it away",
          );
        }
      }
    }
  }

  #isOccupied(folder: string): boolean {
    let isOccupied = this.#occupied.get(folder);
    if (isOccupied === undefined) {
      isOccupied = (this.#files.namesIn(folder) ?? []).length > 0;
      this.#occupied.set(folder, isOccupied);
    }
    return isOccupied;
  }
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
