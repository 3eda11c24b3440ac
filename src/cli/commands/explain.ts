/**
 * ```console
 * $ mfg_gen explain not-hex
 * not-hex: A cell that is no hex
 *
 * hex2bin takes two hex digits a byte, without 0x and without anything between. …
 * ```
 *
 * @module
 */

import { FINDING_RULES, REMARK_RULES } from "../../nvs/findings.ts";
import type { Host } from "../../ports/host.ts";
import type { Explanation } from "../../problems/explanation.ts";
import { EXPLANATIONS } from "../../problems/explanations.ts";
import { wrapped } from "../../report/text.ts";
import { didYouMean } from "../../input/did_you_mean.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import { printJson, styleOf } from "../render.ts";

const COLUMNS = 80;
const CODES: Readonly<Record<string, Explanation>> = EXPLANATIONS;
/** What `inspect`, `diff` and `verify` find in images: a sentence each. */
const RULES: Readonly<Record<string, string>> = { ...FINDING_RULES, ...REMARK_RULES };

export function runExplain(host: Host, args: RawArgs): ExitCode {
  const codes = [...new Set(args.positionalList("code"))];
  for (const code of codes) {
    if (Object.hasOwn(CODES, code) || Object.hasOwn(RULES, code)) continue;
    const known = [...Object.keys(CODES), ...Object.keys(RULES)];
    throw new UsageError(
      `code "${code}" is unknown${didYouMean(code, known) || "; docs/problems.md lists them"}`,
    );
  }
  if (styleOf(args).isJson) {
    const explained = codes.map((code) => {
      return { code, ...(CODES[code] ?? { title: RULES[code], text: "", example: [] }) };
    });
    printJson(host, { explanations: explained });
  } else host.print(codes.map(explanationText).join("\n"));
  return EXIT.done;
}

function explanationText(code: string): string {
  const explanation = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (explanation === undefined) return `${wrapped(`${code}: ${RULES[code]}`, COLUMNS)}\n`;
  const { title, text, example } = explanation;
  return [
    `${code}: ${title}`,
    "",
    wrapped(text, COLUMNS),
    "",
    ...example.map((line) => `    ${line}`),
    "",
  ].join("\n");
}
