/**
 * Writes docs/problems.md from the table of explanations.
 *
 *     deno run -A scripts/problems_page.ts
 *
 * @module
 */

import { join } from "@std/path";
import { FINDING_RULES, REMARK_RULES } from "../src/nvs/findings.ts";
import { BATCH_CODES } from "../src/problems/codes/batch.ts";
import { CONFIGURATION_CODES } from "../src/problems/codes/configuration.ts";
import { FLASH_CODES } from "../src/problems/codes/flash.ts";
import { IMAGE_CODES } from "../src/problems/codes/images.ts";
import { VALUES_CODES } from "../src/problems/codes/values.ts";
import { WARNING_CODES } from "../src/problems/codes/warnings.ts";
import type { Explanation } from "../src/problems/explanation.ts";
import { ROOT } from "./project.ts";

/** Where the page is, below the project. */
export const PROBLEMS_PAGE = "docs/problems.md";

const SECTIONS: readonly [title: string, codes: Readonly<Record<string, Explanation>>][] = [
  ["Configuration and NVS CSVs", CONFIGURATION_CODES],
  ["Values", VALUES_CODES],
  ["Files, keys and earlier runs", BATCH_CODES],
  ["Images, dumps and the rest", IMAGE_CODES],
  ["Flash plans", FLASH_CODES],
  ["Warnings", WARNING_CODES],
];

/** The page, as `deno fmt` leaves it. */
export async function problemsPage(): Promise<string> {
  const lines = [
    "# Problems",
    "",
    "The codes below a list of problems, which JSON has as `code`, and what they mean; " +
    "`mfg_gen explain CODE` prints the same. Codes stay what they are; messages may get better.",
    ...SECTIONS.flatMap(([title, codes]) => [
      `## ${title}`,
      ...Object.entries(codes).flatMap(([code, explanation]) => entryLines(code, explanation)),
    ]),
    "## Findings in images",
    "",
    "What `inspect`, `diff` and `verify` find in an image, as they name it. The last one is a " +
    "remark: unusual, and to a device as good as anything.",
    "",
    ...Object.entries({ ...FINDING_RULES, ...REMARK_RULES }).map(([rule, text]) =>
      `- \`${rule}\`: ${text}`
    ),
  ];
  return await formatted(lines.join("\n"));
}

function entryLines(code: string, { title, text, example }: Explanation): string[] {
  return [
    `### ${code}`,
    "",
    `**${title}.** ${inMarkdown(text)}`,
    "",
    "```text",
    ...example,
    "```",
    "",
  ];
}

/** Options and names with signs as code, so that a page shows them as they are. */
function inMarkdown(text: string): string {
  return text.replace(
    /(?<![\w-])(?:--[a-z][\w-]*|<values>\w*(?:\.csv)?|#[\w/!?#]+|_\w+\.csv)/g,
    "`$&`",
  );
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--config", join(ROOT, "deno.json"), "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("Cannot format the page");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) Deno.writeTextFileSync(join(ROOT, PROBLEMS_PAGE), await problemsPage());
