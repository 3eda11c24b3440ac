/**
 * File names of devices: how they are formed, and which are refused.
 *
 * @module
 */

import { isAbsolute, join } from "@std/path";
import { KEY_FILE_KINDS, type KeyScheme, type PerKeyFile } from "../keys/key_scheme.ts";

/** The counter that `--prefix_num` puts into each name. */
export interface PrefixNumber {
  /** Number of the first device. */
  start: number;
  /** Digits, filled up with zeros; a larger number takes more. */
  length: number;
}

/** More digits than any counter of devices has. */
export const MAX_PREFIX_DIGITS = 15;

/** A device's files, relative to the output folder unless absolute, with `/`. */
export interface DeviceFiles {
  image: string;
  csv?: string;
  keyFiles: PerKeyFile<string>;
}

/** Folders below the output folder; that of key files is the key schemes'. */
export const IMAGE_FOLDER = "bin";
export const CSV_FOLDER = "csv";

/** The path of a file that stands below a folder, unless it has an absolute path of its own. */
export function pathBelow(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** Leaves room in a 255-byte name for the temporary name that a file has while it is written. */
const MAX_NAME_BYTES = 200;

const CONTROL = /\p{Cc}/u;
const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Characters that Windows does not take in a name, though other systems do. */
const WINDOWS_FORBIDDEN = /[<>:"|?*]/;

/**
 * Says why a text cannot be part of a file name, and what would be right, or
 * returns `undefined` if it can. Names are held to the rules of all systems,
 * because a batch is often made on one and flashed on another; only the
 * characters in MAC addresses and the like are left to Windows itself.
 */
export function namePartFault(part: string, isWindows: boolean): string | undefined {
  if (part === "") return "is empty; give it a value";
  if (CONTROL.test(part)) return "holds a control character or line break; remove it";
  if (/[/\\]/.test(part)) return 'holds "/" or "\\", which would name another folder; remove it';
  if (part.includes("..")) return 'holds ".."; remove it';
  if (/[. ]$/.test(part)) return "ends with a dot or a space, which Windows drops; remove it";
  if (part.startsWith(" ")) return "begins with a space; remove it";
  if (WINDOWS_RESERVED.test(part)) return "is a reserved name on Windows; choose another";
  if (isWindows && WINDOWS_FORBIDDEN.test(part)) {
    return 'holds one of < > : " | ? *, which Windows does not allow in names; remove it';
  }
  return undefined;
}

/** What stands before the names of a path on Windows: `\\\\?\\`, and a drive. */
const WINDOWS_ROOT = /^(\\\\[?.]\\)?([a-z]:)?/i;

/** Says which name in a path Windows does not take as it is, or returns `undefined`. */
export function windowsPathFault(path: string): string | undefined {
  for (const name of path.replace(WINDOWS_ROOT, "").split(/[/\\]/)) {
    if (name === "" || name === "." || name === "..") continue;
    const fault = CONTROL.test(name)
      ? "holds a control character"
      : WINDOWS_FORBIDDEN.test(name)
      ? 'holds one of < > : " | ? *'
      : /[. ]$/.test(name)
      ? "ends with a dot or a space that Windows drops"
      : WINDOWS_RESERVED.test(name)
      ? "is a reserved name on Windows"
      : undefined;
    if (fault !== undefined) return `has the name "${name}", which ${fault}; choose another`;
  }
  return undefined;
}

/** Whether a name would be refused on Windows, though it is fine here. */
export function isUnfitForWindows(part: string): boolean {
  return WINDOWS_FORBIDDEN.test(part);
}

/** Says that a device's name is too long for its files, or returns `undefined`. */
export function nameLengthFault(name: string): string | undefined {
  const sizeBytes = new TextEncoder().encode(name).length;
  return sizeBytes > MAX_NAME_BYTES
    ? `makes a file name of ${sizeBytes} bytes; at most ${MAX_NAME_BYTES} are possible`
    : undefined;
}

/**
 * The name that all files of a device share.
 *
 * @param deviceNumber Number of the device in the values file, from 1.
 */
export function deviceName(
  prefix: string,
  prefixNumber: PrefixNumber | undefined,
  deviceNumber: number,
  fileId: string,
): string {
  if (prefixNumber === undefined) return `${prefix}-${fileId}`;
  const number = String(prefixNumber.start + deviceNumber - 1);
  return `${prefix}-${number.padStart(prefixNumber.length, "0")}-${fileId}`;
}

/** The files of a device by its name. */
export function deviceFiles(name: string, writeCsv: boolean, keys: KeyScheme): DeviceFiles {
  return {
    image: `${IMAGE_FOLDER}/${name}.bin`,
    ...(writeCsv ? { csv: `${CSV_FOLDER}/${name}.csv` } : {}),
    keyFiles: keys.filesOf(name),
  };
}

/** Folders that a batch's files go to, relative to the output folder unless absolute. */
export function outputFolders(writeCsv: boolean, keys: KeyScheme): string[] {
  return [IMAGE_FOLDER, ...(writeCsv ? [CSV_FOLDER] : []), ...keys.folders];
}

/** All paths of a device, the keys first: an image is worth nothing without them. */
export function allPaths({ image, csv, keyFiles }: DeviceFiles): string[] {
  const keyPaths = KEY_FILE_KINDS.flatMap((kind) => keyFiles[kind] ?? []);
  return [...keyPaths, ...(csv === undefined ? [] : [csv]), image];
}

/** What two names have in common on a file system that ignores case or composes characters. */
export function foldedName(name: string): string {
  // Upper case first: some small letters share a capital, as two of sigma do.
  return name.toUpperCase().normalize("NFC").toLowerCase();
}
