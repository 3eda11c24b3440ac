import type { Host } from "../../ports/host.ts";
import { VERSION } from "../../version.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

/**
 * ```console
 * $ mfg_gen version
 * mfg_gen 1.0.0
 * ```
 */
export function runVersion(host: Host): ExitCode {
  host.print(`mfg_gen ${VERSION}\n`);
  return EXIT.done;
}
