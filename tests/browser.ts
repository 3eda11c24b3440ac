/**
 * A real browser that looks at pages of the program, where one is installed.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** The command that starts it; `undefined` where there is none. */
export const browser = BROWSERS.find((name) => {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
});
/** Without a window, and without asking anybody on the network. */
export const HEADLESS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What WCAG asks of text. */
export const LEAST_CONTRAST = 4.5;

/** What the browser tells of a page at one width. */
export interface Measure {
  /** Which of the pages, from 0. */
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
    const texts = "h1,h2,h3,h3 span,.verdict,dt,dd,th,td,td a,.legend li,.legend b,code,p,li,footer";
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

/** Lets the browser load every page, `0.html` and so on in a folder, at every width. */
export async function measure(
  cwd: string,
  pageCount: number,
  widths: readonly number[],
  isDark: boolean,
): Promise<Measure[]> {
  const frames = Array.from({ length: pageCount }).flatMap((_, page) =>
    widths.map((width) =>
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
      ...HEADLESS,
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
