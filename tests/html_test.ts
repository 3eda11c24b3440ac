/** The page of `inspect --html`, looked at by a real browser where one is installed. */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { browser, LEAST_CONTRAST, measure } from "./browser.ts";
import { inTempFolder, projectPath, runProgram, writeFiles } from "./helpers.ts";
import { hostileImage } from "./report/small_image.ts";

const IMAGES = [
  projectPath("testdata/vectors/all-types/out/bin/Dev-1.bin"),
  projectPath("testdata/device-images/worn-multipage-blob-500.bin"),
  projectPath("testdata/device-images/worn-namespaces-1500.bin"),
  "hostile.bin",
];
const WIDTHS = [320, 360, 540, 1000, 1280];

/** Writes the page of each image to `0.html`, `1.html`, … */
async function writePages(cwd: string): Promise<string[]> {
  writeFiles(cwd, { "hostile.bin": hostileImage().bytes });
  for (const [at, image] of IMAGES.entries()) {
    const { code, stderr } = await runProgram(["inspect", image, "--html", `${at}.html`], { cwd });
    assertEquals([code, stderr], [image === "hostile.bin" ? 5 : 0, ""]);
  }
  return IMAGES.map((_, at) => Deno.readTextFileSync(join(cwd, `${at}.html`)));
}

Deno.test("the page loads nothing, has no script, and forbids both", async () => {
  await inTempFolder(async (cwd) => {
    for (const page of await writePages(cwd)) {
      assertMatch(
        page,
        /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; /,
      );
      const tags = page.replace(/aria-label="[^"]*"/g, "").match(/<[^>]*>/g)!;
      assertEquals(
        tags.filter((tag) => /^<(script|img|link|iframe)|\b(src|on\w+)=/i.test(tag)),
        [],
      );
      const style = /<style>(.*?)<\/style>/s.exec(page)![1]!;
      assert(!/url\(|@import|http/i.test(style));
      assert(!/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(page));
    }
  });
});

for (const isDark of [false, true]) {
  Deno.test({
    name: `the page in ${browser ?? "a browser"}, ${isDark ? "dark" : "light"}, phone to desktop`,
    ignore: browser === undefined,
    fn: async () => {
      await inTempFolder(async (cwd) => {
        await writePages(cwd);
        const measures = await measure(cwd, IMAGES.length, WIDTHS, isDark);
        assertEquals(measures.length, IMAGES.length * WIDTHS.length);
        for (const found of measures) {
          const { page, width, heading, cells, contrasts } = found;
          const where = `${IMAGES[page]} at ${width}`;
          assertEquals(heading, IMAGES[page]!);
          assertGreater(found.clientWidth, width - 20); // the rest is the scroll bar
          assert(found.scrollWidth <= found.clientWidth, `${where}: ${found.scrollWidth} wide`);
          const rows = width >= 1000 ? 3 : 6;
          assertEquals(new Set(cells), new Set([126 + rows / 1000]), where);
          assertEquals([found.foreign, found.isInjected, found.isDark], [0, false, isDark], where);
          assertEquals(found.anchors.includes(false), false, where);
          assertGreater(contrasts.length, 30);
          const faint = contrasts.filter(({ ratio }) => !(ratio >= LEAST_CONTRAST));
          assertEquals(faint, [], where);
        }
        assert(measures.some(({ anchors }) => anchors.length > 0));
      });
    },
  });
}
