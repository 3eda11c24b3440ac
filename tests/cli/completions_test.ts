/** Completion scripts: the shells themselves read them, where they are installed. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { SHELLS } from "../../src/cli/completions.ts";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import { inTempFolder, isInstalled, runProgram } from "../helpers.ts";

async function scriptOf(shell: string, cwd: string): Promise<string> {
  const { code, stdout } = await runProgram(["completions", shell], { cwd });
  assertEquals(code, 0);
  return stdout;
}

/** What a shell prints for a script on its standard input. */
async function shellOutput(shell: string, args: string[], script: string): Promise<string> {
  const child = new Deno.Command(shell, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  assertEquals({ code, stderr: text.decode(stderr) }, { code: 0, stderr: "" }, shell);
  return text.decode(stdout).trim();
}

/** A test that is ignored where a shell is not installed. */
async function inShell(shell: string, name: string, run: (cwd: string) => Promise<void>) {
  Deno.test(
    { name: `${shell} ${name}`, ignore: !await isInstalled(shell) },
    () => inTempFolder(run),
  );
}

for (const shell of SHELLS) {
  Deno.test(`completions ${shell}: every command and every option is in the script`, async () => {
    await inTempFolder(async (cwd) => {
      const script = await scriptOf(shell, cwd);
      for (const { name } of COMMANDS) {
        assertStringIncludes(script, name);
        for (const flag of flagsOf(name)) {
          if (!flag.hidden) assertStringIncludes(script, flag.name);
        }
      }
    });
  });
}

Deno.test("completions of an unknown shell: exit 2, with the shells there are", async () => {
  await inTempFolder(async (cwd) => {
    const { code, stderr } = await runProgram(["completions", "tcsh"], { cwd });
    assertEquals(code, 2);
    assertStringIncludes(stderr, "bash, zsh, fish, powershell");
  });
});

await inShell("bash", "completes commands and options", async (cwd) => {
  const ask = (words: string) =>
    `COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _mfg_gen; echo "\${COMPREPLY[@]}"\n`;
  const output = await shellOutput(
    "bash",
    ["-s"],
    await scriptOf("bash", cwd) + ask("mfg_gen ge") + ask("mfg_gen inspect --pag") +
      ask("mfg_gen completions f"),
  );
  assertEquals(output, "generate generate-key\n--page-map\nfish");
});

await inShell("zsh", "reads its script", async (cwd) => {
  const script = `autoload -Uz compinit; compinit -D\n${await scriptOf("zsh", cwd)}`;
  const output = await shellOutput("zsh", ["-f", "-s"], `${script}\nwhence -w _mfg_gen\n`);
  assertEquals(output, "_mfg_gen: function");
});

await inShell("fish", "completes commands and options", async (cwd) => {
  const ask = "complete -C 'mfg_gen ge' | string replace -r '\\t.*' ''\n" +
    "complete -C 'mfg_gen inspect --page' | string replace -r '\\t.*' ''\n";
  const output = await shellOutput("fish", ["--no-config"], await scriptOf("fish", cwd) + ask);
  assertEquals(output, "generate\ngenerate-key\n--page-map");
});

await inShell("pwsh", "reads its script", async (cwd) => {
  const script = await scriptOf("powershell", cwd);
  await shellOutput("pwsh", ["-NoProfile", "-Command", "-"], script);
});
