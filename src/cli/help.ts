import { type Command, COMMANDS } from "./command_table.ts";
import { type Flag, flagsOf } from "./flags.ts";

/** The help of the whole program. */
export function programHelp(): string {
  return `mfg_gen makes, checks and reads ESP32 factory NVS partition images.

usage: mfg_gen COMMAND ...

${table(COMMANDS.map(({ name, summary }) => [name, summary]))}

mfg_gen COMMAND --help tells the options of a command.
Exit status: 0 done, 1 a bug, 2 usage, 3 input rejected and nothing written, 4 reading or
writing failed, 5 a difference or defect found, 130 interrupted.
`;
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { name, positionals, summary, example } = command;
  const usage = [
    "mfg_gen",
    name,
    ...positionals.map(({ name, isMany, isOptional }) =>
      isMany ? `${name}…` : isOptional ? `[${name}]` : name
    ),
  ];
  const flags = flagsOf(name).filter(({ hidden }) => !hidden);
  const sections = [`usage: ${usage.join(" ")} [options]`, `${sentence(summary)}.`];
  if (positionals.length > 0) {
    sections.push(`arguments:\n${table(positionals.map(({ name, help }) => [name, help]))}`);
  }
  sections.push(
    `options (underscores may be hyphens; --opt VALUE or --opt=VALUE):\n${
      table(flags.map((flag) => [flagUsage(flag), flag.helpOf?.[name] ?? flag.help]))
    }`,
  );
  sections.push(`example:\n  ${example}`);
  return `${sections.join("\n\n")}\n`;
}

function flagUsage({ name, values }: Flag): string {
  return [`--${name}`, ...values].join(" ");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
