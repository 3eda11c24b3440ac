/**
 * What can happen to a finished batch, and which devices `--resume` has to
 * write again.
 *
 * @module
 */

import { join } from "@std/path";
import { CREATED, type KeyKind, MANIFEST, manifestRows, PREFIX, temporaryPath } from "./batch.ts";

/** Devices in the batches that are damaged. */
export const DEVICES = 30;

/** Something that happens to a finished batch, and the devices that it concerns. */
export interface Damage {
  name: string;
  kinds: readonly KeyKind[];
  /** Does it to the output folder, or to the working folder above it. */
  damage(outdir: string, cwd: string): void;
  /** Devices that are written again: "all", or their numbers. */
  redone: readonly number[] | "all";
}

const image = (device: number) => `bin/${PREFIX}-${device}.bin`;
const csv = (device: number) => `csv/${PREFIX}-${device}.csv`;
const keys = (device: number) => `keys/keys-${PREFIX}-${device}.bin`;
const hmacKey = (device: number) => `keys/hmac-${keys(device).slice("keys/".length)}`;

function edit(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
}

function editManifest(outdir: string, change: (text: string) => string): void {
  const path = join(outdir, MANIFEST);
  Deno.writeTextFileSync(path, change(Deno.readTextFileSync(path)));
}

/** Changes the manifest's line of a device. */
function editLine(outdir: string, device: number, change: (line: string) => string): void {
  editManifest(
    outdir,
    (text) =>
      text.split("\n").map((line) => line.includes(`,${image(device)},`) ? change(line) : line)
        .join("\n"),
  );
}

/** The lock file of a run that was killed: its batch id, and the number of shards. */
function leaveLock(outdir: string): void {
  const { batch } = manifestRows(outdir)[0]!;
  Deno.writeTextFileSync(join(outdir, `.mfg_gen-${PREFIX}.lock`), `${batch} 1\n`);
}

function flipBit(bytes: Uint8Array): Uint8Array {
  bytes[40]! ^= 1;
  return bytes;
}

const ANY = ["plain", "fresh"] as const;
const WITH_KEYS = ["fresh", "freshHmac", "derived"] as const;

export const DAMAGES: Damage[] = [
  { name: "nothing at all", kinds: ["plain", "freshHmac"], damage: () => {}, redone: [] },
  {
    name: "a truncated image",
    kinds: ANY,
    damage: (outdir) => Deno.truncateSync(join(outdir, image(7)), 100),
    redone: [7],
  },
  {
    name: "an empty image",
    kinds: ANY,
    damage: (outdir) => Deno.truncateSync(join(outdir, image(7)), 0),
    redone: [7],
  },
  {
    name: "a zeroed image",
    kinds: ANY,
    damage: (outdir) => edit(join(outdir, image(7)), (bytes) => bytes.fill(0)),
    redone: [7],
  },
  {
    name: "an image with one bit changed",
    kinds: ANY,
    damage: (outdir) => edit(join(outdir, image(7)), flipBit),
    redone: [7],
  },
  {
    name: "two deleted images",
    kinds: [...ANY, "freshHmac"],
    damage: (outdir) =>
      [1, DEVICES].forEach((device) => Deno.removeSync(join(outdir, image(device)))),
    redone: [1, DEVICES],
  },
  {
    name: "a deleted key file",
    kinds: WITH_KEYS,
    damage: (outdir) => Deno.removeSync(join(outdir, keys(7))),
    redone: [7],
  },
  {
    name: "a changed key file",
    kinds: WITH_KEYS,
    damage: (outdir) => edit(join(outdir, keys(7)), flipBit),
    redone: [7],
  },
  {
    name: "the key file of another device",
    kinds: ["fresh", "freshHmac"],
    damage: (outdir) => Deno.copyFileSync(join(outdir, keys(8)), join(outdir, keys(7))),
    redone: [7],
  },
  {
    name: "a deleted HMAC key",
    kinds: ["freshHmac"],
    damage: (outdir) => Deno.removeSync(join(outdir, hmacKey(7))),
    redone: [7],
  },
  {
    name: "a truncated HMAC key",
    kinds: ["freshHmac"],
    damage: (outdir) => Deno.truncateSync(join(outdir, hmacKey(7)), 16),
    redone: [7],
  },
  {
    name: "intermediate CSVs truncated, changed and deleted",
    kinds: ANY,
    damage: (outdir) => {
      Deno.truncateSync(join(outdir, csv(3)), 20);
      edit(join(outdir, csv(4)), flipBit);
      Deno.removeSync(join(outdir, csv(5)));
    },
    redone: [3, 4, 5],
  },
  {
    name: "a last manifest line that is torn",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text.slice(0, -60)),
    redone: [DEVICES],
  },
  {
    name: "a last manifest line without its end",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text.slice(0, -1)),
    redone: [DEVICES],
  },
  {
    name: "a manifest line with another hash",
    kinds: ANY,
    damage: (outdir) =>
      editLine(outdir, 9, (line) => line.replace(/[0-9a-f]{8}(,*)$/, "00000000$1")),
    redone: [9],
  },
  {
    name: "a manifest line cut in its middle",
    kinds: ANY,
    damage: (outdir) => editLine(outdir, 9, (line) => line.slice(0, line.length / 2)),
    redone: [9],
  },
  {
    name: "two manifest lines run together",
    kinds: ANY,
    damage: (outdir) =>
      editManifest(outdir, (text) => {
        const lines = text.split("\n");
        lines.splice(10, 2, lines[10]! + lines[11]!);
        return lines.join("\n");
      }),
    redone: [10, 11],
  },
  {
    name: "noise in the middle of the manifest",
    kinds: ANY,
    damage: (outdir) => editLine(outdir, 9, () => '\x00\uFFFD"'),
    redone: [9],
  },
  {
    name: "NUL bytes at the manifest's end",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text + "\0".repeat(500)),
    redone: [],
  },
  {
    name: "NUL bytes in place of the manifest's last lines",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text.slice(0, -250) + "\0".repeat(250)),
    redone: [DEVICES - 1, DEVICES],
  },
  {
    name: "a manifest without its header",
    kinds: ["plain"],
    damage: (outdir) => editManifest(outdir, (text) => text.slice(text.indexOf("\n") + 1)),
    redone: [],
  },
  {
    name: "a line that is there twice",
    kinds: ["plain"],
    damage: (outdir) => editManifest(outdir, (text) => text + text.split("\n")[4] + "\n"),
    redone: [],
  },
  {
    name: "an empty manifest, and the lock file of a killed run",
    kinds: ANY,
    damage: (outdir) => {
      leaveLock(outdir);
      Deno.truncateSync(join(outdir, MANIFEST), 0);
    },
    redone: "all",
  },
  {
    name: "no manifest, and the lock file of a killed run",
    kinds: [...ANY, "freshHmac"],
    damage: (outdir) => {
      leaveLock(outdir);
      Deno.removeSync(join(outdir, MANIFEST));
    },
    redone: "all",
  },
  {
    name: "temporary files of a killed run",
    kinds: ["freshHmac"],
    damage: (outdir) => {
      for (const path of [image(7), csv(8), keys(9), hmacKey(10), MANIFEST]) {
        Deno.writeTextFileSync(temporaryPath(join(outdir, path)), "half a");
      }
    },
    redone: [],
  },
  {
    name: "temporary files of killed shards",
    kinds: ["fresh"],
    damage: (outdir) => {
      for (const [index, path] of [image(7), csv(8), keys(9)].entries()) {
        const shard = { index: index + 1, count: 3 };
        Deno.writeTextFileSync(temporaryPath(join(outdir, path), shard), "half a");
      }
    },
    redone: [],
  },
  {
    name: "a deleted and half-written values_created.csv",
    kinds: ["plain"],
    damage: (_, cwd) => {
      Deno.removeSync(join(cwd, CREATED));
      Deno.writeTextFileSync(temporaryPath(join(cwd, CREATED)), "half a");
    },
    redone: [],
  },
  {
    name: "a values_created.csv that still has its temporary name too",
    kinds: ["plain"],
    damage: (_, cwd) => Deno.linkSync(join(cwd, CREATED), temporaryPath(join(cwd, CREATED))),
    redone: [],
  },
];
