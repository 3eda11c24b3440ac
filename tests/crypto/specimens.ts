/**
 * The images of `testdata/encrypted-specimens`, found by listing the folder.
 *
 * @module
 */

import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";
import { projectPath } from "../helpers.ts";

/** An encrypted image, the key it was encrypted with, and another one. */
export interface SpecimenFile {
  name: string;
  path: string;
  keysPath: string;
  wrongKeysPath: string;
}

/** All specimens, by name. */
export function specimenFiles(): SpecimenFile[] {
  const folder = projectPath("testdata/encrypted-specimens");
  return [...Deno.readDirSync(folder)]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".bin") && !name.endsWith("keys.bin"))
    .map((file) => file.slice(0, -".bin".length))
    .sort()
    .map((name) => ({
      name,
      path: `${folder}/${name}.bin`,
      keysPath: `${folder}/${name}.keys.bin`,
      wrongKeysPath: `${folder}/${name}.wrong-keys.bin`,
    }));
}

/** The keys of a key partition. */
export function keysIn(path: string): XtsKeys {
  return decodeKeyPartition(Deno.readFileSync(path));
}
