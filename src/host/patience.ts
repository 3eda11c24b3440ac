import { codeOf } from "./io_error.ts";

/** How often, and after how many milliseconds, a file that another program has open is tried again. */
const RETRIES = 40;
const PAUSE = 50;

/**
 * Tries again while another program has the file open: on Windows a virus
 * scanner looks into each new file for a moment, and nobody can open, link,
 * rename or remove it meanwhile. Deno then throws `PermissionDenied` or `Busy`,
 * or a plain error with the code `EBUSY`.
 */
export function patiently<T>(act: () => T): T {
  for (let attempt = 0;; attempt++) {
    try {
      return act();
    } catch (error) {
      if (Deno.build.os !== "windows" || !isHeld(error) || attempt === RETRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

function isHeld(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.Busy ||
    codeOf(error) === "EBUSY";
}
