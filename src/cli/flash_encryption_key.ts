/**
 * `--flash-encryption-key`: the key that the flash encryption of a chip has in
 * its eFuses, one for all devices or a folder with a key for each.
 *
 * @module
 */

import { join } from "@std/path";
import {
  FLASH_KEY_SIZE,
  type FlashKey,
  flashKeyFault,
  type FlashScheme,
} from "../crypto/flash_encryption.ts";
import { KEY_FILE } from "../files/user_file.ts";
import { type ChipName, CHIPS } from "../flash/chips.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { Problems } from "../problems/problems.ts";
import { otherThanKey } from "./file_kind.ts";
import { readInput } from "./key_options.ts";

/** Flash encryption keys by device. */
export interface FlashEncryptionKeys {
  /** Whether all devices have the same key. */
  isShared: boolean;
  /**
   * The key of a device; `undefined` after a problem, which it adds.
   *
   * @param deviceName As its image is called, without `.bin`.
   * @throws {IoError} If the system cannot read it.
   */
  of(deviceName: string): FlashKey | undefined;
}

/**
 * Opens what `--flash-encryption-key` names: a file is read at once, a folder
 * device by device, from `<folder>/<deviceName>.bin`.
 *
 * @returns `undefined` after a problem.
 * @throws {IoError} If the system cannot read the file.
 */
export function openFlashEncryptionKeys(
  files: FileReader,
  path: string,
  chip: ChipName,
  problems: Problems,
): FlashEncryptionKeys | undefined {
  const schemes = schemesOf(chip);
  const read = (file: string) => readFlashKey(files, file, chip, schemes, problems);
  if (files.statOf(path)?.kind !== "folder") {
    const key = read(path);
    return key && { isShared: true, of: () => key };
  }
  return {
    isShared: false,
    of: (deviceName) => {
      const file = join(path, `${deviceName}.bin`);
      if (files.statOf(file) !== undefined) return read(file);
      const message = "does not exist; the folder needs a key for each device, called as its image";
      problems.add({ file }, "file-missing", message);
      return undefined;
    },
  };
}

/** How a chip may encrypt its flash. */
function schemesOf(chip: ChipName): readonly FlashScheme[] {
  if (chip === "esp32") return ["esp32"];
  const hasTwoBlocks = CHIPS[chip].flashEncryptionBlocks === 2;
  return hasTwoBlocks ? ["xts-aes-128", "xts-aes-256"] : ["xts-aes-128"];
}

function readFlashKey(
  files: FileReader,
  path: string,
  chip: string,
  schemes: readonly FlashScheme[],
  problems: Problems,
): FlashKey | undefined {
  const bytes = readInput(files, path, KEY_FILE, problems);
  if (bytes === undefined) return undefined;
  const scheme = schemes.find((one) => FLASH_KEY_SIZE[one] === bytes.length);
  const fault = scheme === undefined
    ? sizeFault(bytes, chip, schemes)
    : isSameByte(bytes)
    ? `is ${bytes.length} times the same byte; a key is random`
    : isText(bytes)
    ? "is text; a key file holds the key's bytes themselves"
    : flashKeyFault({ scheme, bytes });
  if (scheme !== undefined && fault === undefined) return { scheme, bytes };
  problems.add({ file: path }, "key-file", fault!);
  return undefined;
}

function sizeFault(bytes: Uint8Array, chip: string, schemes: readonly FlashScheme[]): string {
  const sizes = schemes.map((scheme) => FLASH_KEY_SIZE[scheme]).join(" or ");
  return `has ${bytes.length} bytes; a flash encryption key of the ${chip} has ${sizes}` +
    otherThanKey(bytes, "flash-encryption-key", undefined);
}

function isSameByte(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === bytes[0]);
}

/** Whether all bytes are printable ASCII, as hex digits are: a key by chance once in 10^13. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7F || byte === 0x0A || byte === 0x0D);
}
