/**
 * The floor: the bytes of a finished batch, written again to the same number
 * of files, and nothing else. Arguments: the finished batch, the target.
 *
 * @module
 */

import { join } from "@std/path";

const [from = "", to = ""] = Deno.args;
// Reading is not measured: one file of each folder stands for all.
const plans = ["bin", "csv"].map((folder) => {
  const names = [...Deno.readDirSync(join(from, folder))].map(({ name }) => name);
  const bytes = Deno.readFileSync(join(from, folder, names[0]!));
  return { folder: join(to, folder), names, bytes };
});
for (const { folder } of plans) Deno.mkdirSync(folder, { recursive: true });

const startedAt = performance.now();
const [images, csvs] = plans as [typeof plans[number], typeof plans[number]];
for (const [index, name] of images.names.entries()) {
  Deno.writeFileSync(`${images.folder}/${name}`, images.bytes);
  Deno.writeFileSync(`${csvs.folder}/${csvs.names[index]!}`, csvs.bytes);
}
console.log((performance.now() - startedAt) / 1000);
