/** A process that may have few files open: groups are synced in smaller pieces. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, programCommand, writeFiles } from "../helpers.ts";
import { assertFinished, batchFiles, generate, KEY_OPTIONS, undisturbed } from "./batch.ts";
import { shellWord, whyNoShell } from "./example_tools.ts";

const DEVICES = 300;
/** The runtime takes some thirty for itself. */
const OPEN_FILES = 48;

Deno.test({
  name: `${DEVICES} devices with ${OPEN_FILES} open files at most`,
  ignore: whyNoShell() !== undefined,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const reference = await undisturbed(cwd);
    const words = [...programCommand(), ...generate([...KEY_OPTIONS.freshHmac, "--jobs", "1"])];
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `ulimit -n ${OPEN_FILES}; exec ${words.map(shellWord).join(" ")}`],
      cwd,
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    await assertFinished(join(cwd, "out"), "freshHmac", reference);
  });
});
