/**
 * Good inputs with bytes changed, cut, doubled and swapped: the program says 0
 * or 3, never that it has a bug, and `--dry-run` and the real run agree.
 */

import { assert, assertEquals } from "@std/assert";
import { runCli } from "../../src/cli/run.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { inTempFolder, seededRandom, treeOf, writeFiles } from "../helpers.ts";

const CONF = "# c\nn,namespace,\nr,data,u8,REPEAT\ns,data,string\nm,namespace,\nb,data,hex2bin\n" +
  "f,file,binary\nt,data,base64\ng,data,blob_fill(4;0x00)\nap.ssid,data,string\nq,data,float\n";
const VALUES =
  '\uFEFFid,r,s,b,x,f,t,g,ap.ssid,q\r\nA,7,"x,""y""\r\nz",00ff,m,d.dat,AAEC,ab,net,1.5\r\n' +
  "\r\nB,,é🙂,,m,d.dat,,,n,-inf\r\nC,7,plain,0A,m,d.dat,AA==,abcd,,1e3\r\n";
const PIECES = [
  '"',
  ",",
  "\n",
  "\r",
  "\0",
  "#",
  ";",
  "\t",
  "..",
  "/",
  "-1",
  "999",
  "é",
  "\uFEFF",
  "namespace",
];
const ROUNDS = 600;

function mutated(text: string, random: () => number): Uint8Array {
  const at = (limit: number) => Math.floor(random() * limit);
  let bytes = [...new TextEncoder().encode(text)];
  for (let count = 1 + at(2); count > 0; count--) {
    const start = at(bytes.length);
    const end = start + at(12);
    const piece = [...new TextEncoder().encode(PIECES[at(PIECES.length)])];
    const kind = at(5);
    if (kind === 0) bytes.splice(start, 1, at(256));
    else if (kind === 1) bytes.splice(start, 0, ...piece);
    else if (kind === 2) bytes.splice(start, end - start);
    else if (kind === 3) bytes.splice(start, 0, ...bytes.slice(start, end));
    else bytes = [...bytes.slice(0, start), ...piece, ...bytes.slice(end)];
  }
  return Uint8Array.from(bytes);
}

Deno.test("mutated inputs are accepted or refused, and never a bug", async () => {
  const codes = new Map<number, number>();
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = seededRandom(seed);
    const both = random();
    await inTempFolder(async (folder) => {
      const datPath = `${folder}/d.dat`;
      const values = VALUES.replaceAll("d.dat", datPath);
      writeFiles(folder, {
        "conf.csv": both < 0.6 ? mutated(CONF, random) : CONF,
        "values.csv": both > 0.4 ? mutated(values, random) : values,
        "d.dat": "data",
      });
      let printed = "";
      const host = {
        ...denoHost(),
        print: (text: string) => void (printed += text),
        printError: (text: string) => void (printed += text),
      };
      const args = ["generate", `${folder}/conf.csv`, `${folder}/values.csv`, "Dev", "0x3000"];
      const options = ["--outdir", `${folder}/out`, "--fileid", "id", "--no-csv"];
      const before = treeOf(folder);
      const code = await runCli([...args, ...options, "--dry-run"], host);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assert(code === 0 || code === 3, `seed ${seed}: exit ${code}\n${printed}`);
      assertEquals(treeOf(folder), before, `seed ${seed}`);
      const realCode = await runCli([...args, ...options], host);
      assertEquals(realCode, code, `seed ${seed}\n${printed}`);
      if (code !== 0) assertEquals(treeOf(folder), before, `seed ${seed}`);
    });
  }
  for (const code of [0, 3]) assert((codes.get(code) ?? 0) > 10, `few exits ${code}`);
});
