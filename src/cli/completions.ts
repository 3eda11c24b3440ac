/**
 * Completion scripts for shells, from the one table of commands and flags.
 *
 * @module
 */

import { type Command, COMMANDS } from "./command_table.ts";
import { type Flag, flagsOf } from "./flags.ts";

/** Shells that completions are made for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
/** One of {@linkcode SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
    case "powershell":
      return powershellScript();
    default:
      throw new TypeError(`Cannot complete for shell "${shell satisfies never}"`);
  }
}

const NAMES = COMMANDS.map(({ name }) => name);

function shownFlags(command: Command): Flag[] {
  return flagsOf(command.name).filter(({ hidden }) => !hidden);
}

function helpOf(flag: Flag, command: Command): string {
  return flag.helpOf?.[command.name] ?? flag.help;
}

/** Whether the value of an option is a path. */
function takesPath({ values }: Flag): boolean {
  return ["FILE", "DIR", "PATH|none"].some((path) => values.includes(path));
}

function bashScript(): string {
  const cases = COMMANDS.map((command) => {
    const flags = shownFlags(command).map(({ name }) => `--${name}`);
    return `    ${command.name}) options="${flags.join(" ")}" ;;`;
  });
  return `# bash completion of mfg_gen: eval "$(mfg_gen completions bash)"
_mfg_gen() {
  local word=\${COMP_WORDS[COMP_CWORD]} options=
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "${NAMES.join(" ")}" -- "$word")
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  elif [[ \${COMP_WORDS[1]} == completions ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${SHELLS.join(" ")}" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _mfg_gen mfg_gen
`;
}

function zshScript(): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const described = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const commands = COMMANDS.map(({ name, summary }) => quoted(`${name}:${described(summary)}`));
  const cases = COMMANDS.map((command) => {
    const specs = shownFlags(command).map((flag) => {
      const values = flag.values.map((value) => `:${value}:${takesPath(flag) ? "_files" : " "}`);
      return quoted(`--${flag.name}[${described(helpOf(flag, command))}]${values.join("")}`);
    });
    const rest = command.name === "completions" ? `*:shell:(${SHELLS.join(" ")})` : "*:file:_files";
    return `    ${command.name})\n      _arguments ${
      [...specs, quoted(rest)].join(" \\\n        ")
    } ;;`;
  });
  return `#compdef mfg_gen
# zsh completion of mfg_gen: eval "$(mfg_gen completions zsh)"
_mfg_gen() {
  local -a commands
  commands=(
    ${commands.join("\n    ")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("\n")}
  esac
}
compdef _mfg_gen mfg_gen
`;
}

function fishScript(): string {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`;
  const lines = COMMANDS.flatMap((command) => {
    const here = `-n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      `complete -c mfg_gen -n __fish_use_subcommand -f -a ${command.name} -d ${
        quoted(command.summary)
      }`,
      ...shownFlags(command).map((flag) => {
        const value = flag.values.length === 0 ? "" : takesPath(flag) ? " -r" : " -x";
        return `complete -c mfg_gen ${here} -l ${flag.name}${value} -d ${
          quoted(helpOf(flag, command))
        }`;
      }),
    ];
  });
  return `# fish completion of mfg_gen: mfg_gen completions fish | source
${lines.join("\n")}
complete -c mfg_gen -n '__fish_seen_subcommand_from completions' -f -a '${SHELLS.join(" ")}'
`;
}

function powershellScript(): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const rows = COMMANDS.map((command) => {
    const flags = shownFlags(command).map((flag) =>
      `      ${quoted(`--${flag.name}`)} = ${quoted(helpOf(flag, command))}`
    );
    return `    ${quoted(command.name)} = [ordered]@{\n${flags.join("\n")}\n    }`;
  });
  const summaries = COMMANDS.map(({ name, summary }) => `    ${quoted(name)} = ${quoted(summary)}`);
  return `# PowerShell completion of mfg_gen: mfg_gen completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName mfg_gen -ScriptBlock {
  param($word, $line, $position)
  $commands = [ordered]@{
${summaries.join("\n")}
  }
  $options = @{
${rows.join("\n")}
  }
  $elements = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $isFirst = $elements.Count -lt 2 -or ($elements.Count -eq 2 -and $word -ne '')
  $table = if ($isFirst) { $commands } elseif ($elements[1] -eq 'completions') {
    [ordered]@{ ${SHELLS.map((shell) => `${quoted(shell)} = ${quoted(shell)}`).join("; ")} }
  } else { $options[$elements[1]] }
  if ($null -eq $table) { return }
  foreach ($name in $table.Keys) {
    if ($name -like "$word*") {
      [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $table[$name])
    }
  }
}
`;
}
