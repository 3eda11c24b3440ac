/**
 * What can happen to a finished batch, and what `--resume` has to do about it.
 *
 * @module
 */

import { join } from "@std/path";
import { gatePath } from "../../src/plan/staging_names.ts";
import { CREATED, type KeyKind, leaveStaging, MANIFEST, PREFIX, temporaryPath } from "./batch.ts";

/** Devices in the batches that are damaged. */
export const DEVICES = 30;

/** Something that happens to a finished batch, and the devices that it concerns. */
export interface Damage {
  name: string;
  kinds: readonly KeyKind[];
  /** Does it to the output folder, or to the working folder above it. */
  damage(outdir: string, cwd: string): void;
  /** Numbers of devices that may have a file written again, with the bytes that it had. */
  rewritten: readonly number[];
  /** Numbers of devices that get another row, as it was; none by default. */
  recorded?: readonly number[];
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

function flipBit(bytes: Uint8Array): Uint8Array {
  bytes[40]! ^= 1;
  return bytes;
}

const ANY = ["plain", "fresh"] as const;
const ALL = Array.from({ length: DEVICES }, (_, index) => index + 1);

export const DAMAGES: Damage[] = [
  { name: "nothing at all", kinds: ["plain", "freshHmac"], damage: () => {}, rewritten: [] },
  {
    name: "a truncated image",
    kinds: ANY,
    damage: (outdir) => Deno.truncateSync(join(outdir, image(7)), 100),
    rewritten: [7],
  },
  {
    name: "an empty image",
    kinds: ANY,
    damage: (outdir) => Deno.truncateSync(join(outdir, image(7)), 0),
    rewritten: [7],
  },
  {
    name: "a zeroed image",
    kinds: ANY,
    damage: (outdir) => edit(join(outdir, image(7)), (bytes) => bytes.fill(0)),
    rewritten: [7],
  },
  {
    name: "an image with one bit changed",
    kinds: ANY,
    damage: (outdir) => edit(join(outdir, image(7)), flipBit),
    rewritten: [7],
  },
  {
    name: "two deleted images",
    kinds: [...ANY, "freshHmac"],
    damage: (outdir) =>
      [1, DEVICES].forEach((device) => Deno.removeSync(join(outdir, image(device)))),
    rewritten: [1, DEVICES],
  },
  {
    name: "deleted key files that derive from an HMAC key",
    kinds: ["derived", "freshHmac"],
    damage: (outdir) => [7, 8].forEach((device) => Deno.removeSync(join(outdir, keys(device)))),
    rewritten: [7, 8],
  },
  {
    name: "deleted key files that derive from an HMAC key, with their images",
    kinds: ["derived", "freshHmac"],
    damage: (outdir) => [keys(7), image(7)].forEach((path) => Deno.removeSync(join(outdir, path))),
    rewritten: [7],
  },
  {
    name: "intermediate CSVs truncated, changed and deleted",
    kinds: ANY,
    damage: (outdir) => {
      Deno.truncateSync(join(outdir, csv(3)), 20);
      edit(join(outdir, csv(4)), flipBit);
      Deno.removeSync(join(outdir, csv(5)));
    },
    rewritten: [3, 4, 5],
  },
  {
    name: "a last manifest line that is torn",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text.slice(0, -60)),
    rewritten: [],
    recorded: [DEVICES],
  },
  {
    name: "a last manifest line without its end",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text.slice(0, -1)),
    rewritten: [],
    recorded: [DEVICES],
  },
  {
    name: "a manifest line cut in its middle",
    kinds: ANY,
    damage: (outdir) => editLine(outdir, 9, (line) => line.slice(0, line.length / 2)),
    rewritten: [],
    recorded: [9],
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
    rewritten: [],
    recorded: [10, 11],
  },
  {
    name: "noise in the middle of the manifest",
    kinds: ANY,
    damage: (outdir) => editLine(outdir, 9, () => '\x00\uFFFD"'),
    rewritten: [],
    recorded: [9],
  },
  {
    name: "NUL bytes at the manifest's end",
    kinds: ANY,
    damage: (outdir) => editManifest(outdir, (text) => text + "\0".repeat(500)),
    rewritten: [],
  },
  {
    name: "NUL bytes in place of the manifest's last lines",
    kinds: ANY,
    damage: (outdir) =>
      editManifest(outdir, (text) => {
        const end = text.lastIndexOf("\n", text.length - 2) - 20; // in the last line but one
        return text.slice(0, end) + "\0".repeat(text.length - end);
      }),
    rewritten: [],
    recorded: [DEVICES - 1, DEVICES],
  },
  {
    name: "a line that is there twice",
    kinds: ["plain"],
    damage: (outdir) => editManifest(outdir, (text) => text + text.split("\n")[4] + "\n"),
    rewritten: [],
  },
  {
    name: "an empty manifest",
    kinds: [...ANY, "freshHmac", "derived", "given"],
    damage: (outdir) => Deno.truncateSync(join(outdir, MANIFEST), 0),
    rewritten: [],
    recorded: ALL,
  },
  {
    name: "a manifest whose header is torn",
    kinds: ["plain"],
    damage: (outdir) => Deno.truncateSync(join(outdir, MANIFEST), 20),
    rewritten: [],
    recorded: ALL,
  },
  {
    name: "no manifest",
    kinds: [...ANY, "freshHmac", "derived", "given"],
    damage: (outdir) => Deno.removeSync(join(outdir, MANIFEST)),
    rewritten: [],
    recorded: ALL,
  },
  {
    name: "no manifest, and some files gone that others give",
    kinds: ["freshHmac"],
    damage: (outdir) => {
      for (const path of [MANIFEST, keys(7), csv(8), image(9)]) {
        Deno.removeSync(join(outdir, path));
      }
    },
    rewritten: [7, 8, 9],
    recorded: ALL,
  },
  {
    name: "the staging folder of a killed run",
    kinds: ["freshHmac"],
    damage: (outdir) =>
      leaveStaging(outdir, { staged: { "0/0": "half a key", "0/1": "", "1/": "" } }),
    rewritten: [],
  },
  {
    name: "staging folders of killed shards",
    kinds: ["fresh"],
    damage: (outdir) => {
      for (const index of [1, 2, 3]) {
        leaveStaging(outdir, { shard: { index, count: 3 }, staged: { "0/0": "half a key" } });
      }
    },
    rewritten: [],
  },
  {
    name: "the staging folder and the gate of a run that was killed when it began",
    kinds: ["plain"],
    damage: (outdir) => {
      const folder = leaveStaging(outdir);
      for (const name of ["lock", "batch"]) Deno.removeSync(join(folder, name));
      Deno.writeTextFileSync(gatePath({ outdir, prefix: PREFIX }), "");
    },
    rewritten: [],
  },
  {
    name: "a deleted and half-written values_created.csv",
    kinds: ["plain"],
    damage: (outdir, cwd) => {
      Deno.removeSync(join(cwd, CREATED));
      leaveStaging(outdir, { elsewhere: [join(cwd, CREATED)] });
    },
    rewritten: [],
  },
  {
    name: "a values_created.csv that still has its temporary name too",
    kinds: ["plain"],
    damage: (outdir, cwd) => {
      const path = join(cwd, CREATED);
      leaveStaging(outdir, { elsewhere: [path] });
      Deno.removeSync(temporaryPath(path));
      Deno.linkSync(path, temporaryPath(path));
    },
    rewritten: [],
  },
];

/** Something that happens to the keys of a device, which nothing gives back. */
export interface Loss {
  name: string;
  kinds: readonly KeyKind[];
  /** Devices whose keys are lost. */
  devices: readonly number[];
  lose(outdir: string): void;
}

export const LOSSES: Loss[] = [
  {
    name: "a deleted key file",
    kinds: ["fresh"],
    devices: [7],
    lose: (outdir) => Deno.removeSync(join(outdir, keys(7))),
  },
  {
    name: "a changed key file",
    kinds: ["fresh", "freshHmac", "derived"],
    devices: [7],
    lose: (outdir) => edit(join(outdir, keys(7)), flipBit),
  },
  {
    name: "an emptied key file",
    kinds: ["fresh", "freshHmac", "derived"],
    devices: [7],
    lose: (outdir) => Deno.truncateSync(join(outdir, keys(7)), 0),
  },
  {
    name: "the key file of another device",
    kinds: ["fresh", "freshHmac"],
    devices: [7],
    lose: (outdir) => Deno.copyFileSync(join(outdir, keys(8)), join(outdir, keys(7))),
  },
  {
    name: "a deleted HMAC key",
    kinds: ["freshHmac"],
    devices: [7],
    lose: (outdir) => Deno.removeSync(join(outdir, hmacKey(7))),
  },
  {
    name: "a truncated HMAC key",
    kinds: ["freshHmac"],
    devices: [7],
    lose: (outdir) => Deno.truncateSync(join(outdir, hmacKey(7)), 16),
  },
  {
    name: "keys and images of three devices",
    kinds: ["fresh", "freshHmac"],
    devices: [2, 3, DEVICES],
    lose: (outdir) => {
      for (const device of [2, 3, DEVICES]) {
        for (const path of [keys(device), hmacKey(device), image(device)]) {
          removeIfThere(join(outdir, path));
        }
      }
    },
  },
  {
    name: "all keys, as when they are moved away",
    kinds: ["fresh", "freshHmac"],
    devices: ALL,
    lose: (outdir) => Deno.removeSync(join(outdir, "keys"), { recursive: true }),
  },
];

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
