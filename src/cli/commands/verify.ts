import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

export function runVerify(_host: Host, _args: RawArgs): ExitCode {
  return EXIT.bug;
}
