/**
 * Command line to options, in two steps: what was typed (`RawArgs`), and what
 * each command makes of it.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "../input/did_you_mean.ts";
import { UsageError } from "./exit_code.ts";
import { type Command, type CommandName, COMMANDS, type PositionalName } from "./command_table.ts";
import {
  canonical,
  type Flag,
  type FlagName,
  flagsOf,
  type RepeatableFlagName,
  type ValueFlagName,
  type ValuesFlagName,
} from "./flags.ts";

/** What was typed: positionals by name, options by canonical name. */
export class RawArgs {
  readonly command: CommandName;
  /** The arguments behind the command's name, as typed. */
  readonly typed: readonly string[];
  readonly #positionals: ReadonlyMap<string, readonly string[]>;
  readonly #options: ReadonlyMap<string, readonly string[]>;

  constructor(
    command: CommandName,
    typed: readonly string[],
    positionals: ReadonlyMap<string, readonly string[]>,
    options: ReadonlyMap<string, readonly string[]>,
  ) {
    this.command = command;
    this.typed = typed;
    this.#positionals = positionals;
    this.#options = options;
  }

  positional(name: PositionalName): string {
    return this.#positionals.get(name)?.[0] ?? "";
  }

  /** All arguments of a positional that takes several. */
  positionalList(name: PositionalName): readonly string[] {
    return this.#positionals.get(name) ?? [];
  }

  /** All options that were given, with their values, by the table's names and in its order. */
  given(): { name: string; values: readonly string[] }[] {
    return flagsOf(this.command).flatMap(({ name }) => {
      const values = this.#options.get(canonical(name));
      return values === undefined ? [] : [{ name, values }];
    });
  }

  has(name: FlagName): boolean {
    return this.#options.has(canonical(name));
  }

  /** The value of an option that takes one. */
  value(name: ValueFlagName): string | undefined {
    return this.#options.get(canonical(name))?.[0];
  }

  /** The values of an option that may be given several times; none if it is not. */
  list(name: RepeatableFlagName): readonly string[] {
    return this.#options.get(canonical(name)) ?? [];
  }

  /** All values of an option that takes several. */
  values(name: ValuesFlagName): readonly string[] | undefined {
    return this.#options.get(canonical(name));
  }
}

/**
 * Reads the arguments behind a command's name. With `--help` among them,
 * nothing else is demanded.
 *
 * @throws {UsageError} On anything that the command does not take.
 */
export function parseCommandLine(command: Command, args: readonly string[]): RawArgs {
  const flags = flagsOf(command.name);
  const names = (isSwitch: boolean) =>
    flags.filter(({ values }) => (values.length === 0) === isSwitch)
      .map(({ name }) => canonical(name));
  const parsed = parseArgs(withTiedValues(args, flags), {
    string: ["_", ...names(false)],
    boolean: names(true),
    collect: [...names(false), ...names(true)],
  });
  const given = new Map<string, readonly string[]>();
  for (const { name, values, isRepeatable } of flags) {
    const found = parsed[canonical(name)] as readonly (string | true)[];
    if (found.length === 0) continue;
    if (found.length > Math.max(values.length, 1) && !isRepeatable && name !== "help") {
      throw new UsageError(`--${name} is given twice`);
    }
    given.set(canonical(name), found.filter((value) => value !== true));
  }

  const positionals = given.has("help") ? new Map() : namedPositionals(command, parsed._);
  return new RawArgs(command.name, args, positionals, given);
}

/** Gives each positional its name; one of them may take several. */
function namedPositionals(
  command: Command,
  given: readonly string[],
): Map<string, readonly string[]> {
  const all = command.positionals;
  // What may be left out is there if the arguments are enough for everything.
  const expected = given.length < all.length ? all.filter(({ isOptional }) => !isOptional) : all;
  if (given.length < expected.length) {
    const missing = expected.slice(given.length).map(({ name, help }) => `${name} (${help})`);
    throw new UsageError(`missing: ${missing.join(", ")}`);
  }
  const surplus = given.length - expected.length;
  if (surplus > 0 && !expected.some(({ isMany }) => isMany)) {
    const names = expected.map(({ name }) => name).join(" ") || "none";
    throw new UsageError(
      `argument "${given[expected.length]}" is one too many; ${command.name} takes ${names}`,
    );
  }
  const positionals = new Map<string, readonly string[]>();
  let at = 0;
  for (const { name, isMany } of expected) {
    const count = isMany ? 1 + surplus : 1;
    const values = given.slice(at, at + count);
    if (values.includes("")) throw new UsageError(`${name} is empty; give it a value`);
    positionals.set(name, values);
    at += count;
  }
  return positionals;
}

/**
 * The arguments as `parseArgs` has to have them: it gives an option one value,
 * none that begins with `-`, takes `true` behind a switch for one, and `--_` for
 * the list of the rest. So unknown options end here, each value is tied to its
 * option by `=`, in canonical spelling, and what is no option stands behind `--`.
 */
function withTiedValues(args: readonly string[], flags: readonly Flag[]): string[] {
  const options: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      continue;
    }
    const [typed, inline] = splitAt(arg === "-h" ? "--help" : arg, "=");
    const flag = flags.find(({ name }) => `--${canonical(name)}` === canonical(typed));
    if (flag === undefined) throw unknownOption(typed, flags);
    const option = `--${canonical(flag.name)}`;
    if (flag.values.length === 0) {
      if (inline !== undefined) throw new UsageError(`--${flag.name} takes no value`);
      options.push(option);
      continue;
    }
    const values = inline === undefined ? [] : [inline];
    while (values.length < flag.values.length && at + 1 < args.length) {
      if (args[at + 1]!.startsWith("--")) break;
      values.push(args[++at]!);
    }
    if (values.length < flag.values.length || values.includes("")) {
      const usage = flag.values.join(" ");
      throw new UsageError(
        `--${flag.name} needs ${flag.values.join(" and ")}; write --${flag.name} ${usage}`,
      );
    }
    options.push(...values.map((value) => `${option}=${value}`));
  }
  return [...options, "--", ...rest];
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function unknownOption(typed: string, flags: readonly Flag[]): UsageError {
  const names = flags.filter(({ hidden }) => !hidden).map(({ name }) => `--${name}`);
  return new UsageError(`option ${typed} is unknown${didYouMean(typed, names)}`);
}

/** Finds the command that is meant. */
export function findCommand(name: string): Command {
  const command = COMMANDS.find((known) => known.name === canonical(name));
  if (command !== undefined) return command;
  const names = COMMANDS.map((known) => known.name);
  throw new UsageError(
    `command "${name}" is unknown${didYouMean(name, names) || `; there are ${names.join(", ")}`}`,
  );
}
