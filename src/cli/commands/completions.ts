/**
 * ```console
 * $ eval "$(mfg_gen completions bash)"
 * ```
 *
 * @module
 */

import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { completionScript, SHELLS } from "../completions.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";

export function runCompletions(host: Host, args: RawArgs): ExitCode {
  const name = args.positional("shell");
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) {
    throw new UsageError(
      `shell "${name}" is unknown; there are ${SHELLS.join(", ")}`,
    );
  }
  host.print(completionScript(shell));
  return EXIT.done;
}
