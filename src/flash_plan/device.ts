/**
 * What is done to one device, and what keeps it from being done.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { KEY_PARTITION_SIZE } from "../crypto/key_partition.ts";
import { isArgument } from "../flash/args_file.ts";
import { shareSector } from "../flash/flash_map.ts";
import { inHex } from "../flash/partition.ts";
import type { ManifestRow } from "../plan/manifest.ts";
import { IMAGE_FOLDER, pathBelow } from "../plan/names.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import type { FlashFile, FlashPlanSpec, GivenKey } from "./spec.ts";

/** What is done to one device: its key is burned, then everything is written. */
export interface DevicePlan {
  /** Name that its files share. */
  name: string;
  /** The HMAC key that goes into an eFuse block for ever. */
  burn?: { block: number; key: GivenKey };
  /** In the order of their offsets. */
  writes: readonly FlashFile[];
  /** The one of them that is to be encrypted before, if one is. */
  toSeal?: FlashFile;
}

type Fail = (file: string, code: ProblemCode, message: string) => void;

/** A file that the manifest recorded, and what it has to be. */
interface Recorded extends GivenKey {
  sizeBytes: number;
}

/** Plans a device; without a plan, `fail` was told why. Reads nothing. */
export function planDevice(
  row: ManifestRow,
  spec: FlashPlanSpec,
  fail: Fail,
): { plan: DevicePlan; recorded: readonly Recorded[] } | undefined {
  const { manifest, partition, merged } = spec;
  const [, name] = IMAGE_PATH.exec(row.image) ?? [];
  if (name === undefined || !isArgument(name)) {
    fail(manifest, "not-a-manifest", `image "${row.image}" is none of this program`);
    return undefined;
  }
  const below = (path: string) => pathBelow(dirname(manifest), path);
  const image: FlashFile = {
    offset: partition.offset,
    sizeBytes: row.imageBytes,
    path: below(row.image),
    sha256: row.imageSha256,
    holds: partition.label,
    isEncrypted: false, // NVS could not read it
  };
  if (row.imageBytes !== partition.sizeBytes) {
    fail(
      image.path,
      "partition-size",
      `has ${inHex(row.imageBytes)} bytes, partition "${partition.label}" ` +
        `${inHex(partition.sizeBytes)}; make both of one size`,
    );
  }
  const key = keyOf(row, spec, image.path, fail);
  if (key === undefined) return undefined;
  const writes = [image, ...merged.files];
  if (key.kind === "partition") writes.push(key.file);
  writes.sort((a, b) => a.offset - b.offset);
  for (const [index, one] of writes.entries()) {
    for (const other of writes.slice(index + 1).filter((other) => shareSector(one, other))) {
      // What the table says of partitions is checked already, so one of them is merged.
      const isMerged = merged.files.includes(other);
      const [file, there] = isMerged ? [other, one] : [one, other];
      fail(
        file.path,
        "flash-overlap",
        `at ${inHex(file.offset)} overlaps "${there.path}" at ${inHex(there.offset)}; ` +
          "leave one of them out, or mend the table",
      );
    }
  }
  const recorded: Recorded[] = [image];
  if (key.kind !== "none" && key.isOwn) recorded.push(key.file);
  return {
    plan: {
      name,
      ...(key.kind === "hmac" ? { burn: { block: key.block, key: key.file } } : {}),
      writes,
      ...(key.kind === "partition" && spec.flashKeyOf !== undefined ? { toSeal: key.file } : {}),
    },
    recorded,
  };
}

const IMAGE_PATH = new RegExp(`^${IMAGE_FOLDER}/([^/\\\\]+)\\.bin$`);

type DeviceKey =
  | { kind: "none" }
  | { kind: "partition"; file: FlashFile; isOwn: boolean }
  | { kind: "hmac"; file: Recorded; block: number; isOwn: boolean };

/** The key that a device needs to read its image; `undefined` after a problem. */
function keyOf(
  row: ManifestRow,
  spec: FlashPlanSpec,
  image: string,
  fail: Fail,
): DeviceKey | undefined {
  const { keysPartition, hmacBlock, givenKeys, givenHmacKey } = spec;
  const refuse = (message: string) => {
    fail(image, "key-not-planned", `is encrypted, and its key has no way to the board: ${message}`);
    return undefined;
  };
  const below = (path: string) => pathBelow(dirname(spec.manifest), path);
  switch (row.encryption) {
    case "none":
      return { kind: "none" };
    case "own":
    case "given": {
      if (keysPartition === undefined) {
        return refuse("the table has no nvs_keys partition; add one (data, nvs_keys, 0x1000)");
      }
      const isOwn = row.encryption === "own";
      if (!isOwn && givenKeys === undefined) {
        return refuse("it is that of all devices; give its key partition with --inputkey FILE");
      }
      const key = isOwn ? { path: below(row.keys), sha256: row.keysSha256 } : givenKeys!;
      if (!isGiven(key, row.keysSha256, "--inputkey", fail)) return undefined;
      return {
        kind: "partition",
        isOwn,
        file: {
          ...key,
          offset: keysPartition.offset,
          sizeBytes: KEY_PARTITION_SIZE,
          holds: keysPartition.label,
          isEncrypted: spec.flashEncryption !== "off" && spec.flashKeyOf === undefined,
        },
      };
    }
    case "hmac-own":
    case "hmac-given": {
      if (hmacBlock === undefined) {
        return refuse(
          "it comes from an HMAC key; give the eFuse block with --hmac-block N " +
            "(CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID of the firmware)",
        );
      }
      const isOwn = row.encryption === "hmac-own";
      if (!isOwn && givenHmacKey === undefined) {
        return refuse(
          "it comes from one HMAC key of all devices; give it with --kp_hmac_inputkey FILE",
        );
      }
      const key = isOwn ? { path: below(row.hmacKey), sha256: row.hmacKeySha256 } : givenHmacKey!;
      if (!isGiven(key, row.hmacKeySha256, "--kp_hmac_inputkey", fail)) return undefined;
      return {
        kind: "hmac",
        block: hmacBlock,
        isOwn,
        file: { ...key, sizeBytes: HMAC_KEY_SIZE },
      };
    }
    default:
      throw new TypeError(`Cannot plan keys of "${row.encryption satisfies never}"`);
  }
}

function isGiven(key: GivenKey, sha256: string, option: string, fail: Fail): boolean {
  if (key.sha256 === sha256) return true;
  fail(key.path, "wrong-key", `is not the key that the manifest records; give that with ${option}`);
  return false;
}

/** Compares files with what the manifest says of them. */
export function checkRecorded(
  files: FileReader,
  recorded: readonly Recorded[],
  device: number,
  problems: Problems,
): void {
  for (const { path, sizeBytes, sha256 } of recorded) {
    const fail = (code: ProblemCode, message: string) =>
      problems.add({ file: path, device }, code, message);
    try {
      const info = files.statOf(path);
      if (info === undefined) {
        fail(
          "device-not-done",
          "is recorded, but is not there; put it back, or run generate --resume",
        );
      } else if (info.kind !== "file") fail("not-a-file", "is no regular file; put that back");
      else if (info.sizeBytes !== sizeBytes || hashOf(files, path) !== sha256) {
        fail(
          "changed-file",
          "is not what the manifest records: its SHA-256 differs; put the right file back, or run " +
            "generate --resume",
        );
      }
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      fail("file-unreadable", `cannot be read: ${error.reason}`);
    }
  }
}

function hashOf(files: FileReader, path: string): string {
  const hash = createHash("sha256");
  for (const chunk of files.readChunks(path)) hash.update(chunk);
  return hash.digest("hex");
}
