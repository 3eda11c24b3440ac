/** Commands that messages tell the user to type: as cmd reads them, and as PowerShell would. */

import { assertEquals } from "@std/assert";
import { shellCommand } from "../../src/cli/shell_words.ts";
import { inTempFolder, isWindows, writeFiles } from "../helpers.ts";

/** Words and how they are written for Windows. */
const WINDOWS: Record<string, string> = {
  "out": "out",
  "C:\\out\\bin": "C:\\out\\bin",
  "--outdir": "--outdir",
  "0x3000": "0x3000",
  "a b": '"a b"',
  "a,b": '"a,b"', // a list, to PowerShell
  "@out": '"@out"', // a variable's values, to PowerShell
  "#1": '"#1"', // a comment, to PowerShell
  "--outdir=a.b": '"--outdir=a.b"', // perhaps two words, to PowerShell
  "-a:b": '"-a:b"',
  "a;b": '"a;b"',
  "(a)": '"(a)"',
  "a & b": '"a & b"',
  "a^b": '"a^b"',
  "a|b": '"a|b"',
  "<a>": '"<a>"',
  "{a}": '"{a}"',
  "it's": `"it's"`,
  "été": '"été"',
  "": '""',
  "C:\\a b\\": '"C:\\a b\\\\"', // a single one would escape the quote
  "\\\\server\\the share\\": '"\\\\server\\the share\\\\"',
  "$HOME": "'$HOME'",
  "a`b": "'a`b'",
  "50%": "'50%'",
  "%TEMP%": "'%TEMP%'",
  "it's $5": "'it''s $5'",
  "“a”": "'“a”'", // quotes, to PowerShell
  "‘a’ $": "'‘‘a’’ $'",
};

for (const [word, written] of Object.entries(WINDOWS)) {
  Deno.test(`shell words: ${JSON.stringify(word)} on Windows`, () => {
    assertEquals(shellCommand([word], true), written);
  });
}

/** Those that cmd can be told too. */
const FOR_CMD = Object.keys(WINDOWS).filter((word) => !/[$%`“”!]/.test(word));

Deno.test(
  { name: "shell words: cmd gives a program the words as they were", ignore: !isWindows },
  () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { "words.ts": "console.log(JSON.stringify(Deno.args));\n" });
      const run = ["run", "--quiet", "--no-config", "words.ts"];
      const command = shellCommand([Deno.execPath(), ...run, ...FOR_CMD], true);
      const { stdout, stderr } = await new Deno.Command("cmd.exe", {
        args: ["/d", "/s", "/c", `"${command}"`],
        windowsRawArguments: true,
        cwd,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      assertEquals(JSON.parse(text.decode(stdout)), FOR_CMD, text.decode(stderr));
    }),
);

Deno.test({
  name: "shell words: a POSIX shell gives a program the words as they were",
  ignore: isWindows,
}, async () => {
  const words = Object.keys(WINDOWS);
  const command = shellCommand(["printf", "%s\\n", ...words], false);
  const { stdout } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assertEquals(new TextDecoder().decode(stdout).split("\n").slice(0, -1), words);
});
