import { dirname, isAbsolute, join, resolve } from "@std/path";
import type { FileSystem } from "../ports/file_system.ts";
import type { Problems } from "../input/problems.ts";
import type { ValuesHeader } from "../input/values_header.ts";
import type { BatchSpec } from "./batch_check.ts";
import type { NamedRow } from "./devices.ts";
import { HashTable } from "./hash_table.ts";
import {
  deviceFiles,
  foldedName,
  isUnfitForWindows,
  nameLengthFault,
  namePartFault,
} from "./names.ts";
import { ResumeCheck } from "./resume.ts";
import { isInShard } from "./shard.ts";

/** Of files that exist already, only so many are named: a second run meets all of the first. */
const MAX_NAMED_FILES = 10;

/** Checks the names of all devices of a batch: usable, different, and free. */
export class NameCheck {
  readonly notes: string[] = [];
  readonly #files: FileSystem;
  readonly #spec: BatchSpec;
  readonly #problems: Problems;
  /** Judges files that exist already, when a batch is resumed; or they are expected. */
  readonly #resume: ResumeCheck | "expected" | undefined;
  /** Line of the device that has a name, by folded name. */
  readonly #lineOfName = new HashTable();
  /** Folders below the output folder that hold anything; in the others every name is free. */
  readonly #occupied = new Map<string, boolean>();
  #fileIdCell = -1;
  #isUnfitForWindows = false;
  #existingCount = 0;

  constructor(
    files: FileSystem,
    spec: BatchSpec,
    problems: Problems,
    resume: ResumeCheck | "expected" | undefined,
  ) {
    this.#files = files;
    this.#spec = spec;
    this.#problems = problems;
    this.#resume = resume;
  }

  check({ row: { line, number }, name, fileId, fileIdCell }: NamedRow): void {
    this.#fileIdCell = fileIdCell;
    const fault = (fileIdCell < 0 ? undefined : namePartFault(fileId, this.#files.isWindows)) ??
      nameLengthFault(name);
    if (fault !== undefined) {
      this.#report(line, `file id "${shortened(fileId)}" ${fault}`);
      return;
    }
    if (fileIdCell >= 0) {
      this.#isUnfitForWindows ||= isUnfitForWindows(fileId);
      // A counter makes every name different by itself, and so does the device's number.
      if (this.#spec.prefixNumber === undefined) this.#checkDifferent(line, name, fileId);
    }
    // The files of other shards may be there already.
    if (this.#resume !== "expected" && isInShard(this.#spec.shard, number)) this.#checkFree(name);
  }

  /** Says so when `--fileid` names several columns, as a key of two namespaces does. */
  checkHeader({ names }: ValuesHeader): void {
    const { fileIdColumn } = this.#spec;
    if (fileIdColumn !== undefined && names.filter((name) => name === fileIdColumn).length > 1) {
      this.#note(`--fileid "${fileIdColumn}" stands for several columns; the first one is used`);
    }
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
    const unnamed = this.#existingCount - MAX_NAMED_FILES;
    if (unnamed > 0) {
      this.#problems.add({ file: this.#spec.outdir }, `${unnamed} more of the files exist already`);
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
      ...(this.#fileIdCell < 0 ? {} : { column: this.#fileIdCell + 1 }),
      ...(this.#spec.fileIdColumn === undefined ? {} : { key: this.#spec.fileIdColumn }),
    }, message);
  }

  #checkDifferent(line: number, name: string, fileId: string): void {
    const folded = foldedName(name);
    const earlier = this.#lineOfName.get(folded);
    if (earlier === undefined) {
      this.#lineOfName.set(folded, line);
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
    const paths = deviceFiles(name, writeCsv, keySource);
    if (keySource.kind === "freshHmac" && isSamePath(paths.hmacKey!, paths.keys!, outdir)) {
      this.#problems.add(
        { file: join(outdir, paths.keys!) },
        "would hold both the HMAC key and the keys derived from it; " +
          "give another name with --kp_hmac_keyfile",
      );
    }
    for (const path of Object.values(paths) as string[]) {
      const fullPath = isAbsolute(path) ? path : join(outdir, path);
      if (!this.#isOccupied(dirname(fullPath)) || !this.#files.exists(fullPath)) continue;
      if (this.#resume instanceof ResumeCheck) this.#resume.addExisting(fullPath, paths.image);
      else {
        this.#existingCount++;
        if (this.#existingCount > MAX_NAMED_FILES) continue;
        this.#problems.add(
          { file: fullPath },
          "exists already; choose another --outdir or prefix, move it away, or go on with --resume",
        );
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

/** Whether two paths, relative to a folder unless absolute, are one file on some system. */
export function isSamePath(a: string, b: string, folder: string): boolean {
  return foldedName(resolve(folder, a)) === foldedName(resolve(folder, b));
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
