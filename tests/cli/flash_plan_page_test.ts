/** `flash-plan --report`: the flash map on a page, without keys or values. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { pageText } from "../report/hostile_batch.ts";
import { withBatch } from "./flash_plan_lab.ts";

const sha256Of = (path: string) => hash("sha256", Deno.readFileSync(path), "hex");

Deno.test("the page has the map, the steps that cannot be undone, and the hashes of the inputs", async () => {
  await withBatch("freshHmac", async ({ cwd, plan, text }) => {
    const options = ["--hmac-block", "3", "--with", "build/flash_args", "--report", "plan.html"];
    const { code, stdout, stderr } = await plan(...options);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "report: plan.html");
    const html = text("plan.html");
    assertMatch(html, /^<!DOCTYPE html>/);
    const page = pageText(html);
    for (
      const part of [
        "3 steps cannot be undone: eFuses are burned",
        "Chip esp32s3",
        "Steps 6, for esptool",
        "BLOCK_KEY3: the HMAC key of each device, for ever",
        "0x9000 nvs, 12288 bytes",
        "0x9000 0x3000 nvs of each device as it is",
        "not written",
        "factory",
        `out/manifest-Dev.csv ${sha256Of(join(cwd, "out/manifest-Dev.csv"))}`,
        `partitions.csv ${sha256Of(join(cwd, "partitions.csv"))}`,
      ]
    ) assertStringIncludes(page, part);
    assert(!page.includes("SN-"), page);
    for (const name of ["Dev-1", "Dev-2", "Dev-3"]) {
      const key = Deno.readFileSync(join(cwd, `out/keys/hmac-keys-${name}.bin`));
      assert(!html.includes(key.toHex()) && !html.includes(hash("sha256", key, "hex")));
    }
  });
});

Deno.test("a page that is there, or is a file of the plan: exit 3, and no plan", async () => {
  await withBatch("plain", async ({ cwd, plan }) => {
    Deno.writeTextFileSync(join(cwd, "there.html"), "precious");
    for (
      const [path, says] of [
        ["there.html", "there.html: exists already; give another name with --report"],
        ["plan/plan.csv", "plan/plan.csv: is a file of the plan; give another name with --report"],
        ["plan/Dev-2.sha256", "is a file of the plan; give another name with --report"],
      ] as const
    ) {
      const { code, stderr } = await plan("--report", path);
      assertEquals(code, 3, stderr);
      assertStringIncludes(stderr, says);
      assert(![...Deno.readDirSync(cwd)].some(({ name }) => name === "plan"));
    }
    assertEquals(Deno.readTextFileSync(join(cwd, "there.html")), "precious");
    const { code, stdout } = await plan("--report", "plan/page.html", "--json");
    assertEquals([code, JSON.parse(stdout).report], [0, "plan/page.html"]);
  });
});

Deno.test("names and paths of the page are escaped", async () => {
  await withBatch("plain", async ({ cwd, plan, text }) => {
    const evil = "<b>&\"'.csv".replaceAll(Deno.build.os === "windows" ? /[<>"]/g : /$^/g, "");
    Deno.renameSync(join(cwd, "partitions.csv"), join(cwd, evil));
    const { code, stderr } = await plan("--partition-table", evil, "--report", "p.html");
    assertEquals(code, 0, stderr);
    assert(!text("p.html").includes("<b>&"), "markup from a name");
    assertStringIncludes(pageText(text("p.html")), evil);
  });
});
