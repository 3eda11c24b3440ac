/** The page of `inspect --html`, looked at by a real browser where one is installed. */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, projectPath, runProgram, writeFiles } from "./helpers.ts";
import { hostileImage } from "./report/small_image.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const browser = BROWSERS.find((name) => {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
});
const IMAGES = [
  projectPath("testdata/vectors/all-types/out/bin/Dev-1.bin"),
  projectPath("testdata/device-images/worn-multipage-blob-500.bin"),
  projectPath("testdata/device-images/worn-namespaces-1500.bin"),
  "hostile.bin",
];
const WIDTHS = [320, 360, 540, 1000, 1280];
/** What WCAG asks of text. */
const LEAST_CONTRAST = 4.5;

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

/** What the browser tells of a page at one width. */
interface Measure {
  page: number;
  width: number;
  heading: string;
  clientWidth: number;
  scrollWidth: number;
  cells: number[];
  foreign: number;
  isInjected: boolean;
  isDark: boolean;
  anchors: boolean[];
  contrasts: { name: string; ratio: number }[];
}

/** Runs in the browser, in a page of its own around the pages to be measured. */
const MEASURE = String.raw`
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(view, element) {
  for (let at = element; at; at = at.parentElement) {
    const { backgroundColor } = view.getComputedStyle(at);
    if (!/^rgba\(.*, 0\)$/.test(backgroundColor)) return backgroundColor;
  }
  return "rgb(255, 255, 255)";
}
function contrast(view, element) {
  const [a, b] = [view.getComputedStyle(element).color, ground(view, element)].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
window.onload = () => {
  const measures = [...document.querySelectorAll("iframe")].map((frame) => {
    const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
    const texts = "h1,h2,h3,h3 span,.verdict,dt,dd,th,td,td a,.legend li,.legend b,code";
    return {
      page: Number(frame.dataset.page),
      width: Number(frame.dataset.width),
      heading: page.querySelector("h1").textContent,
      clientWidth: root.clientWidth,
      scrollWidth: Math.max(root.scrollWidth, page.body.scrollWidth),
      cells: [...page.querySelectorAll(".cells")].map((grid) => {
        const tops = new Set([...grid.querySelectorAll("b")].map((cell) => cell.offsetTop));
        return grid.querySelectorAll("b").length + tops.size / 1000;
      }),
      foreign: page.querySelectorAll("script,img,link,iframe,[onclick],[onerror],td b").length,
      isInjected: view.injected !== undefined || window.injected !== undefined,
      isDark: view.matchMedia('(prefers-color-scheme: dark)').matches,
      anchors: [...page.querySelectorAll("a[href]")].map((link) =>
        page.getElementById(link.getAttribute("href").slice(1)) !== null),
      contrasts: [...page.querySelectorAll(texts)].map((element) => ({
        name: element.tagName + "." + (element.className || element.parentElement.className),
        ratio: contrast(view, element),
      })),
    };
  });
  console.error("measured");
  document.getElementById("result").textContent = JSON.stringify(measures);
};
`;

/** Lets the browser load every page at every width. */
async function measure(cwd: string, isDark: boolean): Promise<Measure[]> {
  const frames = IMAGES.flatMap((_, page) =>
    WIDTHS.map((width) =>
      `<iframe src="${page}.html" data-page="${page}" data-width="${width}" ` +
      `style="border:0;width:${width}px;height:800px"></iframe>`
    )
  );
  const wrapper = join(cwd, "wrapper.html");
  Deno.writeTextFileSync(
    wrapper,
    `<!DOCTYPE html><pre id="result"></pre>${frames.join("")}<script>${MEASURE}</script>`,
  );
  const { stdout, stderr } = await new Deno.Command(browser!, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--allow-file-access-from-files",
      "--enable-logging=stderr",
      `--blink-settings=preferredColorScheme=${isDark ? 0 : 1}`,
      `--user-data-dir=${join(cwd, isDark ? "dark" : "light")}`,
      "--dump-dom",
      `file://${wrapper}`,
    ],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const consoleLines = text.decode(stderr).split("\n").filter((line) => line.includes("CONSOLE"));
  assertEquals(consoleLines.length, 1, consoleLines.join("\n"));
  assertMatch(consoleLines[0]!, /"measured"/);
  const result = /<pre id="result">(.*?)<\/pre>/s.exec(text.decode(stdout))?.[1] ?? "";
  const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", nbsp: "\u00a0" };
  return JSON.parse(result.replace(/&(lt|gt|amp|nbsp);/g, (_, name) => entities[name]!));
}

for (const isDark of [false, true]) {
  Deno.test({
    name: `the page in ${browser ?? "a browser"}, ${isDark ? "dark" : "light"}, phone to desktop`,
    ignore: browser === undefined,
    fn: async () => {
      await inTempFolder(async (cwd) => {
        await writePages(cwd);
        const measures = await measure(cwd, isDark);
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
