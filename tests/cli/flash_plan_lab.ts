/**
 * Batches, partition tables and builds for the tests of `flash-plan`.
 *
 * @module
 */

import { join } from "@std/path";
import {
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  succeed,
  textOf,
} from "../engine/batch.ts";
import { type Files, inTempFolder, type Outcome, runProgram, writeFiles } from "../helpers.ts";
import { ramp } from "./key_files.ts";

export const TABLE = `nvs,data,nvs,0x9000,0x3000
phy_init,data,phy,0xc000,0x1000
nvs_keys,data,nvs_keys,0xd000,0x1000,encrypted
factory,app,factory,0x10000,0x100000
`;

export const BUILD: Files = {
  "build/flash_args":
    `--flash_mode dio --flash_freq 80m --flash_size 4MB\n0x0 boot/bootloader.bin\n0x10000 "my app.bin"\n`,
  "build/boot/bootloader.bin": ramp(5000, 3),
  "build/my app.bin": ramp(70_000, 9),
};

export interface PlanLab {
  cwd: string;
  /** Runs `flash-plan` on the batch, with a table and a folder unless others are given. */
  plan(...args: string[]): Promise<Outcome>;
  text(path: string): string;
}

/** Calls `use` with a batch of three devices in `out`, and `partitions.csv`. */
export async function withBatch(
  kind: KeyKind,
  use: (lab: PlanLab) => Promise<void>,
  options: readonly string[] = [],
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...batchFiles(3), ...BUILD, "partitions.csv": TABLE });
    await succeed(generate([...KEY_OPTIONS[kind], "--no-csv", ...options]), cwd);
    const given = (name: string, value: string, args: string[]) =>
      args.includes(name) ? [] : [name, value];
    await use({
      cwd,
      plan: (...args) =>
        runProgram([
          "flash-plan",
          "out/manifest-Dev.csv",
          ...given("--partition-table", "partitions.csv", args),
          ...given("--chip", "esp32s3", args),
          ...given("--outdir", "plan", args),
          ...args,
        ], { cwd }),
      text: (path) => textOf(join(cwd, path)),
    });
  });
}
