/**
 * What a programmer writes to one device, as bytes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type FlashBytes, intelHex } from "../flash/intel_hex.ts";
import { endOf, inHex, type Partition } from "../flash/partition.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import type { DevicePlan } from "./device.ts";
import type { FlashFile, FlashPlanSpec } from "./spec.ts";

/** Reads files that were checked. */
export class CheckedFiles {
  readonly #files: FileReader;
  /** Those of all devices are read once. */
  readonly #shared = new Map<string, Uint8Array>();

  constructor(files: FileReader) {
    this.#files = files;
  }

  /** @throws {IoError} If one of them is not what it was. */
  read(writes: readonly FlashFile[], { merged }: FlashPlanSpec): FlashBytes[] {
    return writes.map((file) => {
      if (file.content !== undefined) return { offset: file.offset, bytes: file.content };
      const isShared = merged.files.includes(file);
      const bytes = this.#shared.get(file.path) ?? this.#readOne(file);
      if (isShared) this.#shared.set(file.path, bytes);
      return { offset: file.offset, bytes };
    });
  }

  #readOne({ path, sha256 }: FlashFile): Uint8Array {
    const bytes = this.#files.readFile(path);
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256) throw new IoError("use", path, "it changed since it was checked");
    return bytes;
  }
}

/** The bytes of a file of a plan, piece by piece. */
export function* programmerFile(
  parts: readonly FlashBytes[],
  format: "hex" | "bin",
): Generator<Uint8Array> {
  if (format === "hex") {
    const utf8 = new TextEncoder();
    for (const lines of intelHex(parts)) yield utf8.encode(lines);
    return;
  }
  let end = parts[0]?.offset ?? 0;
  for (const { offset, bytes } of parts) {
    while (end < offset) {
      const gap = new Uint8Array(Math.min(offset - end, MAX_GAP_BYTES)).fill(0xFF);
      yield gap;
      end += gap.length;
    }
    yield bytes;
    end = offset + bytes.length;
  }
}

const MAX_GAP_BYTES = 1024 * 1024;

/** Partitions that one image from the lowest to the highest offset covers and holds nothing of. */
export function coveredPartitions(
  { writes }: DevicePlan,
  { partitions }: FlashPlanSpec,
): Partition[] {
  const start = writes[0]!.offset;
  const end = Math.max(...writes.map(({ offset, sizeBytes }) => offset + sizeBytes));
  return partitions.filter((partition) =>
    partition.offset < end && endOf(partition) > start &&
    !writes.some(({ offset }) => offset >= partition.offset && offset < endOf(partition))
  );
}

/** What to tell about them. */
export function coveredText(partitions: readonly Partition[]): string {
  const names = partitions.map(({ label, offset }) => `"${label}" (${inHex(offset)})`).join(", ");
  return `one image a device covers ${names}, of which it holds nothing: what is there becomes ` +
    "0xFF; write it first, add it with --with, or give --format hex";
}
