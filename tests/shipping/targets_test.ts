/**
 * Executables for other systems, as far as they can be looked at from here: a
 * stand-in compiles them (see `stand_in.ts`). Where they run, other tests do.
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { bundle, compile, permissionsFor } from "../../scripts/compile.ts";
import { executableKind } from "../../scripts/executable_kind.ts";
import { TARGETS } from "../../scripts/targets.ts";
import { inTempFolder } from "../helpers.ts";
import { signatureOf } from "./mach_o.ts";
import { hasStandIns, STAND_IN_TARGETS, standInFor } from "./stand_in.ts";

Deno.test("targets: all permissions on Windows, for network shares; elsewhere files alone", () => {
  for (const [target, { os }] of Object.entries(TARGETS)) {
    assertEquals(
      permissionsFor(target),
      os === "windows"
        ? ["--no-prompt", "--allow-all"]
        : ["--no-prompt", "--allow-read", "--allow-write"],
    );
  }
});

/** The name that the compiler gives an icon among the resources of a program. */
const ICON_NAME = Buffer.from("MAINICON", "utf16le");

for (const target of STAND_IN_TARGETS) {
  Deno.test(
    { name: `targets: the executable for ${target}`, ignore: !hasStandIns },
    () =>
      inTempFolder(async (folder) => {
        const output = join(folder, "mfg_gen");
        const { os } = TARGETS[target]!;
        const path = os === "windows" ? `${output}.exe` : output;
        await compile(await bundle(join(folder, "bundle")), path, target, await standInFor(target));
        const data = Deno.readFileSync(path);
        assertEquals(executableKind(data), TARGETS[target]);

        assertEquals(Buffer.from(data).includes(ICON_NAME), os === "windows");

        if (target === "aarch64-apple-darwin") {
          // Apple silicon runs nothing that is not signed, be it by nobody.
          const signature = signatureOf(data);
          assert(signature !== undefined, "it is not signed");
          assertEquals([signature.isAdHoc, signature.wrongPages], [true, 0]);
          data[data.length >> 1]! ^= 1;
          assertEquals(signatureOf(data)?.wrongPages, 1);
        }
      }),
  );
}
