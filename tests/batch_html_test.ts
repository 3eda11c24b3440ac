/** The page of `--report`, looked at by a real browser where one is installed: on screens and as A4. */

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { browser, HEADLESS, LEAST_CONTRAST, measure } from "./browser.ts";
import { filesIn, inTempFolder, isInstalled, runProgram, writeFiles } from "./helpers.ts";
import { hostileBatch } from "./report/hostile_batch.ts";

const WIDTHS = [320, 360, 540, 700, 1000, 1280];
/** Enough for several sheets of paper. */
const DEVICES = 150;

/** Writes pages of a hostile batch that was made and of one that is damaged, and of a plain one. */
async function writePages(cwd: string): Promise<string[]> {
  const { files, conf, values, options } = hostileBatch();
  writeFiles(cwd, files);
  const rest = [conf, values, "Dev<i>&", "0x4000", "--outdir", "out", ...options, "--report"];
  const run = async (args: readonly string[], exit = 0) => {
    const { code, stderr } = await runProgram(args, { cwd });
    assertEquals(code, exit, stderr);
  };
  await run(["generate", ...rest, "0.html"]);
  const [first] = filesIn(join(cwd, "out/bin"));
  Deno.copyFileSync(join(cwd, "out/bin", first!), join(cwd, "out/bin/Dev<i>&-old.bin"));
  Deno.truncateSync(join(cwd, "out/bin", first!), 5000);
  await run(["verify", ...rest, "1.html"], 5);
  const rows = Array.from({ length: DEVICES }, (_, index) => `00${1000 + index};AB-${index}\n`);
  rows.push("77;AB-x\n", "77;AB-y\n");
  writeFiles(cwd, {
    "conf.csv": "n,namespace,\nserial,data,string\n",
    "values.csv": `serial;id\n${rows.join("")}`,
  });
  const plain = ["conf.csv", "values.csv", "Dev", "0x3000", "--fileid", "id", "--outdir", "plain"];
  await run(["generate", ...plain, "--report", "2.html"]);
  return ["Batch Dev<i>&", "Batch Dev<i>&", "Batch Dev"];
}

for (const isDark of [false, true]) {
  Deno.test({
    name: `the page in ${browser ?? "a browser"}, ${isDark ? "dark" : "light"}, phone to desktop`,
    ignore: browser === undefined,
    fn: async () => {
      await inTempFolder(async (cwd) => {
        const headings = await writePages(cwd);
        const measures = await measure(cwd, headings.length, WIDTHS, isDark);
        assertEquals(measures.length, headings.length * WIDTHS.length);
        for (const found of measures) {
          const { page, width, heading, contrasts } = found;
          const where = `page ${page} at ${width}`;
          assertEquals(heading, headings[page]!);
          assertGreater(found.clientWidth, width - 20); // the rest is the scroll bar
          assert(found.scrollWidth <= found.clientWidth, `${where}: ${found.scrollWidth} wide`);
          assertEquals([found.foreign, found.isInjected, found.isDark], [0, false, isDark], where);
          assertGreater(contrasts.length, 30);
          const faint = contrasts.filter(({ ratio }) => !(ratio >= LEAST_CONTRAST));
          assertEquals(faint, [], where);
        }
      });
    },
  });
}

Deno.test({
  name: "the page as PDF: A4, the head of the table on each sheet, whole hashes in a line",
  ignore: browser === undefined || !await isInstalled("pdftotext"),
  fn: async () => {
    await inTempFolder(async (cwd) => {
      await writePages(cwd);
      const pdf = join(cwd, "2.pdf");
      const profile = `--user-data-dir=${join(cwd, "profile")}`;
      const printed = ["--no-pdf-header-footer", `--print-to-pdf=${pdf}`];
      const { success } = await new Deno.Command(browser!, {
        args: [...HEADLESS, profile, ...printed, `file://${join(cwd, "2.html")}`],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
      assert(success);
      const textOf = async (command: string, ...args: string[]) =>
        new TextDecoder().decode((await new Deno.Command(command, { args }).output()).stdout);
      assertStringIncludes(await textOf("pdfinfo", pdf), "(A4)");
      const sheets = (await textOf("pdftotext", "-layout", pdf, "-")).split("\f").slice(0, -1);
      assertGreater(sheets.length, 3);
      for (const sheet of sheets.slice(1, -1)) {
        assertStringIncludes(sheet, "as the manifest records");
      }
      const rows = sheets.join("\n").match(
        /^ *\d+ +AB-\S+ +bin\/Dev-AB-\S+\.bin +12288 +[0-9a-f]{64}$/gm,
      );
      assertEquals(rows?.length, DEVICES + 2);
    });
  },
});
