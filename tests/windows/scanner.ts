/**
 * A virus scanner: looks for new files in a folder and all below it, and holds
 * each for a while. When its standard input ends, it prints how many it held.
 *
 *     deno run -A scanner.ts FOLDER MILLISECONDS
 *
 * @module
 */

import { join } from "@std/path";
import { hold, letGo } from "./hold.ts";

const [folder, milliseconds] = [Deno.args[0]!, Number(Deno.args[1])];
const seen = new Set<string>();
let heldCount = 0;

function scan(path: string): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch {
    return; // not there yet, or gone again
  }
  for (const { name, isDirectory } of entries) {
    const child = join(path, name);
    if (isDirectory) scan(child);
    else if (!seen.has(child)) {
      seen.add(child);
      const handle = hold(child);
      if (handle === undefined) continue;
      heldCount++;
      setTimeout(() => letGo(handle), milliseconds);
    }
  }
}

const timer = setInterval(() => scan(folder), 1);
console.log("ready");
for await (const _ of Deno.stdin.readable);
clearInterval(timer);
console.log(heldCount);
