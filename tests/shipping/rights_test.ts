/**
 * The executable for Windows is compiled with all permissions, or it could not
 * open network shares. So that it does no more than the others is shown here:
 * by what the bundled program names, which is the same on every system, and by
 * what permissions it asks for while it runs.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { bundle } from "../../scripts/compile.ts";
import { KEY_PARTITION } from "../cli/key_files.ts";
import { inTempFolder, isCompiled, projectPath, writeFiles } from "../helpers.ts";
import { rightsOf } from "./rights.ts";

/** Members of `Deno` for files, the terminal, signals of its own and its own memory. */
const DENO = new Set([
  ["SeekMode", "errors", "linkSync", "lstatSync", "mkdirSync", "openSync", "readDirSync"],
  ["readFileSync", "removeSync", "renameSync", "statSync"],
  ["consoleSize", "noColor", "stderr", "stdin", "stdout"],
  ["addSignalListener", "args", "build", "cwd", "exit", "exitCode", "removeSignalListener"],
  ["memoryUsage", "permissions"],
].flat());

/** Globals that reach nothing outside of the process; a worker's script has a URL. */
const GLOBALS = new Set([
  ["AbortController", "Array", "ArrayBuffer", "Atomics", "BigInt", "BigUint64Array", "Boolean"],
  ["DataView", "Date", "Error", "Float64Array", "Infinity", "Int32Array", "JSON", "Map", "Math"],
  ["NaN", "Number", "Object", "Promise", "RangeError", "RegExp", "Set", "SharedArrayBuffer"],
  ["String", "Symbol", "SyntaxError", "TextDecoder", "TextEncoder", "TypeError", "URL"],
  ["Uint16Array", "Uint32Array", "Uint8Array", "Worker", "clearTimeout", "crypto"],
  ["decodeURIComponent", "import.meta", "isNaN", "navigator", "onmessage", "parseFloat"],
  ["parseInt", "performance", "postMessage", "process.cwd", "process.platform"],
  ["queueMicrotask", "setTimeout", "undefined"],
  // Names that the program also gives to things of its own.
  ["name", "reportError", "valueOf"],
].flat());

/** Checksums, ciphers and hashes; V8's flags, to collect garbage. */
const MODULES = ["node:crypto", "node:v8", "node:vm", "node:zlib"];

Deno.test("rights: the bundle names nothing for network, programs, environment, FFI or system", async () => {
  await inTempFolder(async (folder) => {
    const { main, worker } = await bundle(folder);
    for (const path of [main, worker]) {
      const rights = rightsOf(Deno.readTextFileSync(path));
      assert(rights.deno.includes("openSync"), "nothing was read");
      assertEquals(rights.escapes, []);
      assertEquals(rights.deno.filter((name) => !DENO.has(name)), []);
      assertEquals(rights.globals.filter((name) => !GLOBALS.has(name)), []);
      assertEquals(rights.modules, MODULES);
    }
  });
});

/** Each reaches for more than files, and has to be seen. */
const REACHING = [
  'fetch("http://host/")',
  'globalThis.fetch("http://host/")',
  'globalThis["fet" + "ch"]("http://host/")',
  'const scope = globalThis; scope.fetch("http://host/")',
  'const scope = globalThis; scope["fetch"]("http://host/")',
  "const { fetch: get } = globalThis",
  "use(globalThis)",
  'new WebSocket("ws://host/")',
  'new Deno.Command("sh")',
  'Deno["Command"]',
  "const { Command } = Deno",
  "const runtime = Deno",
  "const scope = globalThis; const runtime = scope.Deno",
  "globalThis.Deno.env",
  'Deno.env.get("HOME")',
  'Deno.dlopen("kernel32.dll", {})',
  "Deno.hostname()",
  'Deno.connect({ hostname: "host", port: 1 })',
  "process.env",
  "const all = process",
  "self.fetch",
  'eval("fetch")',
  'new Function("return fetch")()',
  '(() => {}).constructor("return fetch")()',
  'import("node:net")',
  'import { connect } from "node:net"',
  'import "node:child_process"',
  'export * from "node:os"',
  'export { connect } from "node:net"',
  'import { runInNewContext } from "node:vm"; runInNewContext("fetch")',
  'import { runInThisContext } from "node:vm"; runInThisContext("fetch")',
  "Reflect.get",
  "localStorage",
];

for (const source of REACHING) {
  Deno.test(`rights: ${source} is seen`, () => {
    const { deno, globals, modules, escapes } = rightsOf(`${source};`);
    const strange = [
      ...deno.filter((name) => !DENO.has(name)),
      ...globals.filter((name) => !GLOBALS.has(name)),
      ...modules.filter((name) => !MODULES.includes(name)),
      ...escapes,
    ];
    assertNotEquals(strange, []);
  });
}

/** A line of what Deno notes of each permission that a program asks for. */
interface Asked {
  permission: string;
  value?: string;
}

Deno.test({
  name: "rights: with all permissions, the program asks for reading and writing files alone",
  ignore: isCompiled,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\ncert,file,binary\nlevel,data,u8,REPEAT\n",
      "values.csv": `serial,cert,level\n${
        Array.from({ length: 300 }, (_, index) => `SN-${index},keys.bin,${index === 0 ? 7 : ""}\n`)
          .join("")
      }`,
      "keys.bin": KEY_PARTITION,
    });
    const batch = ["conf.csv", "values.csv", "Dev", "0x4000", "--outdir", "out", "--keygen"];
    const image = ["out/bin/Dev-1.bin", "--key", "out/keys/keys-Dev-1.bin"];
    const runs = [
      ["generate", ...batch, "--jobs", "2", "--key_protect_hmac", "--kp_hmac_keygen"],
      ["generate", ...batch, "--resume", "--key_protect_hmac", "--kp_hmac_keygen"],
      ["generate", ...batch, "--resume", "--key_protect_hmac", "--kp_hmac_keygen", "--only", "#7"],
      ["init", "start"],
      ["verify", ...batch, "--key_protect_hmac", "--kp_hmac_keygen"],
      ["inspect", ...image, "--html", "page.html"],
      ["diff", ...image, "out/bin/Dev-2.bin"],
      ["decrypt", "out/bin/Dev-1.bin", "out/keys/keys-Dev-1.bin", "plain.bin"],
      ["image", "out/csv/Dev-1.csv", "one.bin", "0x4000"],
      ["generate-key", "--outdir", "k"],
      ["completions", "powershell"],
      ["--help"],
    ];
    const asked: Asked[] = [];
    for (const args of runs) {
      const log = join(cwd, "asked.jsonl");
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-prompt", "--cached-only", projectPath("main.ts"), ...args],
        cwd,
        env: { DENO_AUDIT_PERMISSIONS: log },
        stdin: "null",
      }).output();
      assert(code === 0 || code === 5, `${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
      const lines = Deno.readTextFileSync(log).trimEnd().split("\n");
      if (lines[0] !== "") asked.push(...lines.map((line): Asked => JSON.parse(line)));
      Deno.removeSync(log);
    }
    assertEquals([...new Set(asked.map(({ permission }) => permission))].sort(), ["read", "write"]);
    // What it asks for are the files of the batch and of the program, none of the system's.
    const strange = asked.filter(({ value = "" }) => /^\/(etc|proc|sys|dev)\b/.test(value));
    assertEquals(strange, []);
  });
});
