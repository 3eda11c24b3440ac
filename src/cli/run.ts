import type { Host } from "../ports/host.ts";
import { IoError } from "../ports/file_system.ts";
import { findCommand, parseCommandLine, type RawArgs } from "./args.ts";
import { runVersion } from "./commands/version.ts";
import { EXIT, type ExitCode, UsageError } from "./exit_code.ts";
import type { CommandName } from "./command_table.ts";
import { flagsOf } from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";

type Run = (host: Host, args: RawArgs) => ExitCode | Promise<ExitCode>;

/** Commands are loaded when they are called: the others would only make the start slower. */
const LOAD: Record<CommandName, () => Promise<Run>> = {
  generate: async () => (await import("./commands/generate.ts")).runGenerate,
  "generate-key": async () => (await import("./commands/generate_key.ts")).runGenerateKey,
  verify: async () => (await import("./commands/verify.ts")).runVerify,
  inspect: async () => (await import("./commands/inspect.ts")).runInspect,
  diff: async () => (await import("./commands/diff.ts")).runDiff,
  image: async () => (await import("./commands/image.ts")).runImage,
  edit: async () => (await import("./commands/edit.ts")).runEdit,
  decrypt: async () => (await import("./commands/decrypt.ts")).runDecrypt,
  "flash-plan": async () => (await import("./commands/flash_plan.ts")).runFlashPlan,
  init: async () => (await import("./commands/init.ts")).runInit,
  explain: async () => (await import("./commands/explain.ts")).runExplain,
  completions: async () => (await import("./commands/completions.ts")).runCompletions,
  version: () => Promise.resolve(runVersion),
};

/** Runs the program with the arguments behind its name, and tells its exit status. */
export async function runCli(args: readonly string[], machine: Host): Promise<ExitCode> {
  let hasPrinted = false;
  const host: Host = {
    ...machine,
    print(text) {
      hasPrinted = true;
      machine.print(text);
    },
  };
  const [name, ...rest] = args;
  let helpFor = "mfg_gen --help";
  let isJson = false;
  try {
    if (name === undefined) {
      if (isDoubleClick(host)) return greet(host);
      throw new UsageError("no command is given");
    }
    if (name === "--help" || name === "-h" || name === "help") {
      host.print(rest[0] === undefined ? programHelp() : commandHelp(findCommand(rest[0])));
      return EXIT.done;
    }
    if (name === "-V") return runVersion(host);
    const command = findCommand(name);
    helpFor = `mfg_gen ${command.name} --help`;
    isJson = asksForJson(command.name, rest);
    const raw = parseCommandLine(command, rest);
    if (raw.has("help")) {
      host.print(commandHelp(command));
      return EXIT.done;
    }
    const run = await LOAD[command.name]();
    return await run(host, raw);
  } catch (error) {
    return await reportError(host, error, helpFor, isJson && !hasPrinted); // never two documents
  }
}

/** Whether the window may be one that closes with the program, as after a double click. */
function isDoubleClick(host: Host): boolean {
  return host.files.isWindows && host.inputIsTerminal() && host.outputIsTerminal();
}

const GREETING = `mfg_gen makes the factory images of ESP32 devices. It has no window of its own:
open PowerShell or cmd in this folder, and type: .\\mfg_gen --help
Press Enter to close this window.
`;
const GREETING_MILLISECONDS = 30_000;

function greet(host: Host): ExitCode {
  host.print(GREETING);
  host.lingerForEnter(GREETING_MILLISECONDS);
  return EXIT.usage;
}

/** Whether JSON is asked for by arguments that may hold a mistake elsewhere. */
function asksForJson(command: CommandName, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return flagsOf(command).some(({ name }) => name === "json") &&
    args.slice(0, end < 0 ? undefined : end).includes("--json");
}

/** Loads what prints for this alone: it would make each start slower. */
async function printJson(host: Host, document: unknown): Promise<void> {
  const render = await import("./render.ts");
  render.printJson(host, document);
}

async function reportError(
  host: Host,
  error: unknown,
  helpFor: string,
  isJson: boolean,
): Promise<ExitCode> {
  if (error instanceof UsageError) {
    const { message } = error;
    host.printError(`error: ${message}\nTry: ${helpFor}\n`);
    if (isJson) {
      await printJson(host, { exit: EXIT.usage, code: "usage", error: message, help: helpFor });
    }
    return EXIT.usage;
  }
  if (error instanceof IoError) {
    const { message } = error;
    host.printError(`error: ${message}\n`);
    if (isJson) await printJson(host, { exit: EXIT.io, code: "io", error: message });
    return EXIT.io;
  }
  const details = error instanceof Error ? error.stack ?? error.message : String(error);
  host.printError(
    `error: this is a bug in mfg_gen; please report it with these lines\n${details}\n`,
  );
  return EXIT.bug;
}
