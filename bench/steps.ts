/**
 * Where the time of one device goes, step by step, without any file.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { deriveXtsKeys } from "../src/crypto/hmac_scheme.ts";
import { ImageCipher } from "../src/crypto/image_cipher.ts";
import { newXtsKeys } from "../src/crypto/key_partition.ts";
import { DenoFiles } from "../src/host/deno_files.ts";
import { csvRecords } from "../src/input/csv_records.ts";
import { Problems } from "../src/input/problems.ts";
import { parseSchema } from "../src/input/schema.ts";
import { textLines } from "../src/input/text_lines.ts";
import { entryHeaderCrc32 } from "../src/nvs/crc32.ts";
import { writeImage } from "../src/nvs/partition.ts";
import { geometryOf } from "../src/nvs/placement.ts";
import { IntermediateCsv } from "../src/output/intermediate_csv.ts";
import { CellFiles } from "../src/plan/cell_files.ts";
import { type DeviceSource, layOut, readRows } from "../src/plan/devices.ts";
import { StableFile } from "../src/plan/values_file.ts";
import type { Inputs } from "./inputs.ts";

const randomBytes = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));

/** Microseconds a device of each step. */
export async function measureSteps(
  inputs: Inputs,
  sizeBytes: number,
): Promise<Map<string, number>> {
  const files = new DenoFiles();
  const problems = new Problems();
  const records = csvRecords(
    textLines(files.readChunks(inputs.configuration)),
    { comments: true },
    () => {},
  );
  const source: DeviceSource = {
    spec: { prefix: "Dev", geometry: geometryOf(sizeBytes), formatVersion: 2 },
    schema: parseSchema(records, inputs.configuration, problems),
    values: new StableFile(files, inputs.values),
    cellFiles: new CellFiles(files),
    problems,
  };
  const steps = new Map<string, number>();
  const rows = [...readRows(source)];
  const timed = (name: string, run: () => void) => {
    run(); // once for the compiler
    const startedAt = performance.now();
    run();
    steps.set(name, (performance.now() - startedAt) * 1000 / rows.length);
  };

  timed("CSV: read, split, names", () => [...readRows(source)]);
  timed("cells to items, layout", () => rows.forEach((row) => layOut(source, row)));
  const devices = rows.map((row) => layOut(source, row)!);
  const image = new Uint8Array(sizeBytes);
  timed("encoding, with CRC", () => devices.forEach(({ layout }) => writeImage(layout, 2, image)));
  const header = new Uint8Array(32);
  timed("of that, CRC of 13 headers", () =>
    devices.forEach(() => {
      for (let entry = 0; entry < 13; entry++) entryHeaderCrc32(header);
    }));
  const keys = newXtsKeys(randomBytes);
  const cipher = new ImageCipher(keys);
  timed(
    "XTS, one key for all",
    () => devices.forEach(({ layout }) => cipher.encrypt(image, layout.entriesPerPage)),
  );
  timed(
    "XTS, a key each",
    () =>
      devices.forEach(({ layout }) => new ImageCipher(keys).encrypt(image, layout.entriesPerPage)),
  );
  const csv = new IntermediateCsv(source.schema);
  timed(
    "intermediate CSV",
    () => devices.forEach(({ header: { columns }, row: { cells } }) => csv.bytes(columns, cells)),
  );
  timed(
    "SHA-256 of the image",
    () => devices.forEach(() => createHash("sha256").update(image).digest("hex")),
  );
  const startedAt = performance.now();
  const derivations = Math.min(rows.length, 1000);
  for (let n = 0; n < derivations; n++) await deriveXtsKeys(randomBytes(32));
  steps.set("HMAC derivation, a key each", (performance.now() - startedAt) * 1000 / derivations);
  return steps;
}
