/** What the compiler holds of the tables: a name that they lack does not compile. */

import { assertEquals } from "@std/assert";
import { parseCommandLine } from "../../src/cli/args.ts";
import { type CommandName, COMMANDS } from "../../src/cli/command_table.ts";
import type { FlagName } from "../../src/cli/flags.ts";

Deno.test("options are asked for by names of the table", () => {
  const generate = COMMANDS.find(({ name }) => name === "generate")!;
  const typed = ["conf", "values", "Dev", "0x3000", "--no-csv", "--prefix-num", "1", "4"];
  const args = parseCommandLine(generate, typed);
  assertEquals(args.has("no-csv"), true);
  assertEquals(args.values("prefix_num"), ["1", "4"]);
  assertEquals(args.positional("prefix"), "Dev");
  // @ts-expect-error no such option
  assertEquals(args.has("no-cvs"), false);
  // @ts-expect-error the table spells it with an underscore
  assertEquals(args.has("prefix-num"), true);
  // @ts-expect-error a switch has no value
  assertEquals(args.value("keygen"), undefined);
  // @ts-expect-error an option of two values
  assertEquals(args.value("prefix_num"), "1");
  // @ts-expect-error an option of one value
  assertEquals(args.values("outdir"), undefined);
  // @ts-expect-error no such argument
  assertEquals(args.positional("config"), "");
});

Deno.test("names of commands and options are closed sets", () => {
  // @ts-expect-error no such command
  const command: CommandName = "generat";
  // @ts-expect-error no such option
  const flag: FlagName = "keygenn";
  assertEquals([command, flag], ["generat", "keygenn"]);
});
