/**
 * The floors: the files of a finished batch made again by the same calls, and
 * nothing else. `durable` stages groups of devices, syncs them at once, links
 * them into place and syncs the folders; `bare` does the same without syncing.
 * Arguments: the kind, the finished batch, the target. Prints the seconds.
 *
 * @module
 */

import { join } from "@std/path";

const GROUP_DEVICES = 256;
const MAX_OPEN_FILES = 128;

const [kind = "", from = "", to = ""] = Deno.args;
const isDurable = kind === "durable";
// Reading is not measured: one file of each folder stands for all.
const folders = ["bin", "csv"].map((folder) => {
  const names = [...Deno.readDirSync(join(from, folder))].map(({ name }) => name);
  const bytes = Deno.readFileSync(join(from, folder, names[0]!));
  return { path: join(to, folder), names, bytes };
});
for (const { path } of folders) Deno.mkdirSync(path, { recursive: true });

const startedAt = performance.now();
const deviceCount = folders[0]!.names.length;
const staging = join(to, ".staging");
let open: Deno.FsFile[] = [];
for (let first = 0; first < deviceCount; first += GROUP_DEVICES) {
  const end = Math.min(first + GROUP_DEVICES, deviceCount);
  Deno.mkdirSync(staging);
  for (let device = first; device < end; device++) {
    for (const [index, { bytes }] of folders.entries()) {
      const path = `${staging}/${2 * device + index}`;
      const file = Deno.openSync(path, { write: true, createNew: true });
      file.writeSync(bytes);
      if (isDurable) open.push(file);
      else file.close();
    }
    if (open.length >= MAX_OPEN_FILES) await sync();
  }
  await sync();
  for (let device = first; device < end; device++) {
    for (const [index, { path, names }] of folders.entries()) {
      Deno.linkSync(`${staging}/${2 * device + index}`, `${path}/${names[device]!}`);
    }
  }
  if (isDurable) await Promise.all(folders.map(({ path }) => syncFolder(path)));
  Deno.removeSync(staging, { recursive: true });
}
console.log((performance.now() - startedAt) / 1000);

async function sync(): Promise<void> {
  await Promise.all(open.map((file) => file.syncData()));
  for (const file of open) file.close();
  open = [];
}

async function syncFolder(path: string): Promise<void> {
  const file = Deno.openSync(path);
  await file.sync();
  file.close();
}
