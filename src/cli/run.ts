import type { Host } from "../ports/host.ts";
import { IoError } from "../ports/file_system.ts";
import { findCommand, parseCommandLine, type RawArgs } from "./args.ts";
import { runGenerate } from "./commands/generate.ts";
import { runGenerateKey } from "./commands/generate_key.ts";
import { runDecrypt } from "./commands/decrypt.ts";
import { runDiff } from "./commands/diff.ts";
import { runImage } from "./commands/image.ts";
import { runInspect } from "./commands/inspect.ts";
import { runVerify } from "./commands/verify.ts";
import { runVersion } from "./commands/version.ts";
import { EXIT, type ExitCode, UsageError } from "./exit_code.ts";
import type { CommandName } from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";

const RUN: Record<CommandName, (host: Host, args: RawArgs) => ExitCode | Promise<ExitCode>> = {
  generate: runGenerate,
  "generate-key": runGenerateKey,
  verify: runVerify,
  inspect: runInspect,
  diff: runDiff,
  image: runImage,
  decrypt: runDecrypt,
  version: runVersion,
};

/** Runs the program with the arguments behind its name, and tells its exit status. */
export async function runCli(args: readonly string[], host: Host): Promise<ExitCode> {
  const [name, ...rest] = args;
  let helpFor = "mfg_gen --help";
  try {
    if (name === undefined) throw new UsageError("no command is given");
    if (name === "--help" || name === "-h" || name === "help") {
      host.print(rest[0] === undefined ? programHelp() : commandHelp(findCommand(rest[0])));
      return EXIT.done;
    }
    if (name === "-V") return runVersion(host);
    const command = findCommand(name);
    helpFor = `mfg_gen ${command.name} --help`;
    const raw = parseCommandLine(command, rest);
    if (raw.has("help")) {
      host.print(commandHelp(command));
      return EXIT.done;
    }
    return await RUN[command.name](host, raw);
  } catch (error) {
    return reportError(host, error, helpFor);
  }
}

function reportError(host: Host, error: unknown, helpFor: string): ExitCode {
  if (error instanceof UsageError) {
    host.printError(`error: ${error.message}\nTry: ${helpFor}\n`);
    return EXIT.usage;
  }
  if (error instanceof IoError) {
    host.printError(`error: ${error.message}\n`);
    return EXIT.io;
  }
  const details = error instanceof Error ? error.stack ?? error.message : String(error);
  host.printError(
    `error: this is a bug in mfg_gen; please report it with these lines\n${details}\n`,
  );
  return EXIT.bug;
}
