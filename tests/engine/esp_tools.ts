/**
 * Espressif's own esptool, espefuse and espsecure 5, where they are installed: on the PATH,
 * or in the virtual environment that `ESP_TOOLS` names.
 *
 * @module
 */

import { join } from "@std/path";
import { isInstalled, type Outcome } from "../helpers.ts";

const folder = Deno.env.get("ESP_TOOLS");

type EspTool = "esptool" | "espefuse" | "espsecure" | "python3";

function programOf(name: EspTool): string {
  return folder === undefined ? name : join(folder, "bin", name);
}

/** Runs one of them. */
export async function runEspTool(
  name: EspTool,
  args: readonly string[],
  cwd: string,
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(programOf(name), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", COLUMNS: "200" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Why the tests with them cannot run, or `undefined` if they can. */
export async function whyNoEspTools(): Promise<string | undefined> {
  if (!await isInstalled(programOf("esptool"))) return "esptool is not installed";
  const { stdout } = await runEspTool("esptool", ["version"], ".");
  return /^5\./m.test(stdout) ? undefined : "esptool is not of version 5";
}
