/**
 * File systems of their own for tests: a full disk, a read-only one, one that
 * loses power. Mounting takes Linux and root; tests that need it are ignored
 * elsewhere.
 *
 * @module
 */

import { assert } from "@std/assert";

/** Runs a tool of the system; `undefined` when it succeeds, else what it said. */
export async function systemFault(tool: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(tool, { args, stdin: "null" }).output();
    return success ? undefined : `${tool}: ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    return `${tool}: ${error}`; // it is not installed
  }
}

/** Runs a tool of the system, which has to succeed. */
export async function system(tool: string, ...args: string[]): Promise<void> {
  const fault = await systemFault(tool, ...args);
  assert(fault === undefined, fault);
}

/** Mounts a RAM disk on an empty folder; `undefined` when it succeeds, else why not. */
export async function ramDiskFault(folder: string, size: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "no tmpfs here";
  return await systemFault("mount", "-t", "tmpfs", "-o", `size=${size}`, "mfg_gen_test", folder);
}

/** Unmounts a folder; one that is still in use goes away when its last user does, and is a failure. */
export async function unmount(folder: string): Promise<void> {
  const fault = await systemFault("umount", folder);
  if (fault === undefined) return;
  await systemFault("umount", "--lazy", folder);
  assert(false, `"${folder}" is in use: ${fault}`);
}

/** Whether this machine lets the tests mount a RAM disk. */
export async function canMountRamDisk(): Promise<boolean> {
  const folder = Deno.makeTempDirSync({ prefix: "mfg_gen_test_" });
  const fault = await ramDiskFault(folder, "64k");
  if (fault === undefined) await unmount(folder);
  Deno.removeSync(folder);
  return fault === undefined;
}
