/**
 * Where the keys of a batch come from: one interface, one implementation a
 * scheme. The writer, `--resume`, the verifier and the command line see keys
 * through it alone.
 *
 * @module
 */

import type { RandomBytes } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";

/** Folder below the output folder that holds key files. */
export const KEYS_FOLDER = "keys";

/** What the manifest says of a device's encryption. */
export type Encryption = "none" | "given" | "own" | "hmac-given" | "hmac-own";

/** Key files that a device may have. */
export type KeyFileKind = "hmacKey" | "keys";

/** The kinds of key files in the order in which they are put in place. */
export const KEY_FILE_KINDS = ["hmacKey", "keys"] as const satisfies readonly KeyFileKind[];

/** Something about each key file of a device; absent for files that it does not have. */
export type PerKeyFile<T> = { readonly [kind in KeyFileKind]?: T };

/** The keys of one device. */
export interface DeviceKeys {
  /** Absent for images in clear. */
  xts?: XtsKeys;
  /** The HMAC key, when it was made for this device. */
  hmacKey?: Uint8Array;
}

/** What the key files of a device turned out to be. */
export type KeyReading =
  /** Everything is right, but that derived files in `missing` have to be made again. */
  | { state: "whole"; keys: DeviceKeys; missing: readonly KeyFileKind[] }
  /** The device has no keys yet. */
  | { state: "none" }
  /** A file that nothing gives back is damaged or gone. */
  | { state: "broken"; kind: KeyFileKind; message: string };

/** A way in which the devices of a batch get their keys. */
export interface KeyScheme {
  readonly encryption: Encryption;
  /** Tells this scheme, and the keys that it was given, from others; holds no key, only hashes. */
  readonly id: string;
  /** The keys that all devices share; absent where each has its own, and without encryption. */
  readonly shared?: XtsKeys;
  /** SHA-256 of the given files, which the manifest records for want of files of the device. */
  readonly givenSha256: PerKeyFile<string>;
  /** Folders that the key files go to, relative to the output folder unless absolute, with `/`. */
  readonly folders: readonly string[];
  /** Paths of a device's key files, relative to the output folder unless absolute, with `/`. */
  filesOf(deviceName: string): PerKeyFile<string>;
  /** The keys of a device that has none yet. */
  make(randomBytes: RandomBytes): Promise<DeviceKeys> | DeviceKeys;
  /** The contents of the files that {@linkcode KeyScheme.filesOf} names. */
  encode(keys: DeviceKeys): PerKeyFile<Uint8Array>;
  /** The keys that files hold; `found` has the contents of those that are there. */
  read(found: PerKeyFile<Uint8Array>): Promise<KeyReading> | KeyReading;
}
