/**
 * Where the time of one device goes, step by step, without any file.
 *
 * @module
 */

import { hash } from "node:crypto";
import { deriveXtsKeys } from "../src/crypto/hmac_scheme.ts";
import { ImageCipher } from "../src/crypto/image_cipher.ts";
import { newXtsKeys } from "../src/crypto/key_partition.ts";
import { DenoFiles } from "../src/host/deno_files.ts";
import { csvRecords } from "../src/input/csv_records.ts";
import { Problems } from "../src/problems/problems.ts";
import { parseSchema } from "../src/input/schema.ts";
import { TextReader } from "../src/input/text_lines.ts";
import { decodePartition } from "../src/nvs/decode.ts";
import { writeImage } from "../src/nvs/partition.ts";
import { geometryOf } from "../src/nvs/placement.ts";
import { IntermediateCsv } from "../src/output/intermediate_csv.ts";
import { CellFiles } from "../src/plan/cell_files.ts";
import { DeviceSource } from "../src/plan/devices.ts";
import { openValues } from "../src/plan/values.ts";
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
    new TextReader(files.readChunks(inputs.configuration)),
    { comments: true },
    () => {},
  );
  const schema = parseSchema(records, inputs.configuration, problems);
  const open = () => openValues(files, inputs.values, schema, problems)!;
  const { header } = open();
  const spec = { prefix: "Dev", geometry: geometryOf(sizeBytes), formatVersion: 2 } as const;
  const cellFiles = CellFiles.firstPass(files);
  const source = new DeviceSource(spec, schema, header, inputs.values, cellFiles, problems);
  const steps = new Map<string, number>();
  const rows = [...open().rows];
  const timed = (name: string, run: () => void) => {
    run(); // once for the compiler
    const startedAt = performance.now();
    run();
    steps.set(name, (performance.now() - startedAt) * 1000 / rows.length);
  };

  timed("CSV: read and split", () => {
    for (const _ of open().rows);
  });
  timed("cells to items, layout", () => rows.forEach((row) => source.layOut(row, "Dev")));
  const { layout } = source.layOut(rows[0]!, "Dev")!;
  const image = new Uint8Array(sizeBytes);
  timed("encoding, with CRC", () => rows.forEach(() => writeImage(layout, 2, image)));
  const keys = newXtsKeys(randomBytes);
  const cipher = new ImageCipher(keys);
  timed(
    "XTS, one key for all",
    () => rows.forEach(() => cipher.encrypt(image, layout.entriesPerPage)),
  );
  timed(
    "XTS, a key each",
    () => rows.forEach(() => new ImageCipher(keys).encrypt(image, layout.entriesPerPage)),
  );
  const csv = new IntermediateCsv(schema);
  timed("intermediate CSV", () => rows.forEach(({ cells }) => csv.bytes(header.columns, cells)));
  timed("SHA-256 of the image", () => rows.forEach(() => hash("sha256", image, "hex")));
  writeImage(layout, 2, image);
  timed("decoding, with findings", () => rows.forEach(() => decodePartition(image)));
  const startedAt = performance.now();
  const derivations = Math.min(rows.length, 1000);
  for (let n = 0; n < derivations; n++) await deriveXtsKeys(randomBytes(32));
  steps.set("HMAC derivation, a key each", (performance.now() - startedAt) * 1000 / derivations);
  return steps;
}
