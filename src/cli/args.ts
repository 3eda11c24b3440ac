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
  const { options, rest, values } = joinValues(args, flags);
  const parsed = parseArgs([...options, "--", ...rest], {
    string: ["_"],
    boolean: flags.map(({ name }) => canonical(name)),
    unknown: () => true,
  });
  const given = new Map<string, readonly string[]>();
  for (const { name } of flags) {
    const key = canonical(name);
    if (parsed[key] === true) given.set(key, values.get(key) ?? []);
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

interface JoinedArgs {
  /** Each option once, as a switch in canonical spelling. */
  options: string[];
  /** What is no option. */
  rest: string[];
  /** The values of options that take some. */
  values: Map<string, string[]>;
}

/** Takes each option's values along, which `parseArgs` would not: two of them, or one like "-1". */
function joinValues(args: readonly string[], flags: readonly Flag[]): JoinedArgs {
  const joined: JoinedArgs = { options: [], rest: [], values: new Map() };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") {
      joined.rest.push(...args.slice(at + 1));
      break;
    }
    if (arg === "-h") {
      joined.options.push("--help");
      continue;
    }
    if (!arg.startsWith("-") || arg === "-") {
      joined.rest.push(arg);
      continue;
    }
    const [typed, inline] = splitAt(arg, "=");
    const flag = flags.find(({ name }) => `--${canonical(name)}` === canonical(typed));
    if (flag === undefined) throw unknownOption(typed, flags);
    const key = canonical(flag.name);
    const earlier = joined.values.get(key) ?? [];
    if (!joined.options.includes(`--${key}`)) joined.options.push(`--${key}`);
    else if (!flag.isRepeatable) throw new UsageError(`--${flag.name} is given twice`);

    if (flag.values.length === 0) {
      if (inline !== undefined) throw new UsageError(`--${flag.name} takes no value`);
      continue;
    }
    const values = inline === undefined ? [] : [inline];
    while (values.length < flag.values.length && at + 1 < args.length) {
      if (args[at + 1]!.startsWith("--")) break;
      values.push(args[++at]!);
    }
    if (values.length < flag.values.length || values.includes("")) {
      throw new UsageError(
        `--${flag.name} needs ${flag.values.join(" and ")}; write --${flag.name} ${
          flag.values.join(" ")
        }`,
      );
    }
    joined.values.set(key, [...earlier, ...values]);
  }
  return joined;
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
