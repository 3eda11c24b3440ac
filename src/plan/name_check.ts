import type { FileReader } from "../ports/file_system.ts";
import { type DeviceRow, excerptOf, placeOfDevice } from "../input/device_rows.ts";
import { shortened } from "../problems/printable.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import { noColumnText, type ValuesHeader } from "../input/values_header.ts";
import type { KeyScheme } from "../keys/key_scheme.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { isChosen } from "./choice.ts";
import type { DeviceName } from "./devices.ts";
import { HashTable } from "./hash_table.ts";
import {
  allPaths,
  deviceFiles,
  foldedName,
  isUnfitForWindows,
  nameLengthFault,
  namePartFault,
  outputFolders,
  pathBelow,
} from "./names.ts";
import { isSamePath } from "./same_path.ts";

/** Of files that exist already, only so many are named: a second run meets all of the first. */
const MAX_NAMED_FILES = 10;
/** Of a longer file id, only so many characters are shown. */
const MAX_SHOWN_CHARACTERS = 60;

/** Checks the names of all devices of a batch: usable, different, and free if they have to be. */
export class NameCheck {
  readonly notes: string[] = [];
  readonly #files: FileReader;
  readonly #spec: BatchSpec;
  readonly #keys: KeyScheme;
  readonly #problems: Problems;
  /** Whether files that exist already are in the way. */
  readonly #hasToBeFree: boolean;
  /** Line of the device that has a name, by folded name. */
  readonly #lineOfName = new HashTable();
  /** Whether a device's paths can be in anybody's way. */
  readonly #mayClash: boolean;
  #header: ValuesHeader | undefined;
  #isUnfitForWindows = false;
  #existingCount = 0;

  constructor(
    files: FileReader,
    spec: BatchSpec,
    keys: KeyScheme,
    problems: Problems,
    hasToBeFree: boolean,
  ) {
    this.#files = files;
    this.#spec = spec;
    this.#keys = keys;
    this.#problems = problems;
    this.#hasToBeFree = hasToBeFree;
    const hasNamedKey = keys.folders.length > 1; // the user named a key file
    this.#mayClash = hasNamedKey || this.#hasOccupied();
  }

  check(row: DeviceRow, { name, fileId }: DeviceName): void {
    const hasColumn = this.#header?.fileIdCell !== undefined;
    const fault = (hasColumn ? namePartFault(fileId, this.#files.isWindows) : undefined) ??
      nameLengthFault(name);
    if (fault !== undefined) {
      this.#report(
        row,
        "file-id-not-allowed",
        `file id "${shortened(fileId, MAX_SHOWN_CHARACTERS)}" ${fault}`,
      );
      return;
    }
    if (hasColumn) {
      this.#isUnfitForWindows ||= isUnfitForWindows(fileId);
      // A counter makes every name different by itself, and so does the device's number.
      if (this.#spec.prefixNumber === undefined) this.#checkDifferent(row, name, fileId);
    }
    // The files of devices that are not chosen may be there already.
    if (isChosen(this.#spec, row.number, fileId)) this.#checkPaths(name);
  }

  /** Whether the header has the column of `--fileid`; says so when it has it more than once. */
  checkHeader(header: ValuesHeader): boolean {
    this.#header = header;
    const { line, names } = header;
    const { fileIdColumn, values } = this.#spec;
    if (fileIdColumn === undefined) return true;
    const count = names.filter((name) => name === fileIdColumn).length;
    if (count > 1) {
      this.notes.push(
        `--fileid "${fileIdColumn}" stands for several columns; the first one is used`,
      );
    }
    if (count === 0) {
      this.#problems.add(
        { file: values, line },
        "unknown-column",
        noColumnText(fileIdColumn, "--fileid", names),
      );
    }
    return count > 0;
  }

  finish(deviceCount: number): void {
    const oneFile = this.#keys.filesOf("a").hmacKey;
    if (oneFile !== undefined && oneFile === this.#keys.filesOf("b").hmacKey && deviceCount > 1) {
      this.#problems.add(
        { file: this.#spec.values },
        "one-key-for-all",
        `has ${deviceCount} devices, but --kp_hmac_keyfile names one file for all their HMAC keys; ` +
          "leave it out, and each gets its own",
      );
    }
    const unnamed = this.#existingCount - MAX_NAMED_FILES;
    if (unnamed > 0) {
      this.#problems.add(
        { file: this.#spec.outdir },
        "file-exists",
        `${unnamed} more of the files exist already`,
      );
    }
    if (this.#isUnfitForWindows) {
      this.notes.push(
        'some names hold one of < > : " | ? *, which Windows does not allow in names',
      );
    }
  }

  #report(row: DeviceRow, code: ProblemCode, message: string): void {
    const header = this.#header!;
    const { fileIdCell } = header;
    const place = placeOfDevice(this.#spec.values, header, row);
    if (fileIdCell === undefined) this.#problems.add(place, code, message);
    else {
      const key = header.names[fileIdCell]!;
      this.#problems.add(
        { ...place, column: fileIdCell + 1, key },
        code,
        message,
        () => excerptOf(header, row.cells, fileIdCell),
      );
    }
  }

  #checkDifferent(row: DeviceRow, name: string, fileId: string): void {
    const folded = foldedName(name);
    const earlier = this.#lineOfName.get(folded);
    if (earlier === undefined) {
      this.#lineOfName.set(folded, row.line);
    } else {
      this.#report(
        row,
        "file-id-repeated",
        `file id "${fileId}" was used in line ${earlier} already (upper and lower case count as ` +
          "the same); give each device its own",
      );
    }
  }

  #checkPaths(name: string): void {
    const { outdir, writeCsv } = this.#spec;
    if (!this.#mayClash) return;
    const paths = deviceFiles(name, writeCsv, this.#keys);
    const { hmacKey, keys } = paths.keyFiles;
    if (hmacKey !== undefined && keys !== undefined && isSamePath(hmacKey, keys, outdir)) {
      this.#problems.add(
        { file: pathBelow(outdir, keys) },
        "output-clash",
        "would hold both the HMAC key and the keys derived from it; " +
          "give another name with --kp_hmac_keyfile",
      );
    }
    if (!this.#hasToBeFree) return;
    for (const path of allPaths(paths).map((path) => this.#fullPath(path))) {
      if (this.#files.linkStatOf(path) === undefined) continue;
      this.#existingCount++;
      if (this.#existingCount > MAX_NAMED_FILES) continue;
      this.#problems.add(
        { file: path },
        "file-exists",
        "exists already; choose another --outdir or prefix, move it away, or go on with --resume",
      );
    }
  }

  /** Whether names have to be looked at: not if their folders are empty, as in a first run. */
  #hasOccupied(): boolean {
    const { writeCsv } = this.#spec;
    return this.#hasToBeFree && outputFolders(writeCsv, this.#keys)
      .some((folder) => (this.#files.namesIn(this.#fullPath(folder)) ?? []).length > 0);
  }

  #fullPath(path: string): string {
    return pathBelow(this.#spec.outdir, path);
  }
}
