import { assert, assertEquals } from "@std/assert";
import { displayWidth } from "../../src/problems/display_width.ts";
import { countOf, jsonText, padded, printable, quoted } from "../../src/report/text.ts";

/** What a terminal could obey, and what stands for it. */
const CASES = [
  ["plain ä 日本 😀", "plain ä 日本 😀"],
  ["\x1b[31mred", "\\x1b[31mred"],
  ["a\nb\r\tc\0", "a\\nb\\r\\tc\\x00"],
  ["\x7f\x9b0m", "\\x7f\\x9b0m"],
  ["\u202eevil", "\\u{202e}evil"],
  ["\u2028\ufeff\u{e0001}", "\\u{2028}\\u{feff}\\u{e0001}"],
] as const;

for (const [text, expected] of CASES) {
  Deno.test(`printable() makes ${JSON.stringify(expected)}`, () => {
    assertEquals(printable(text), expected);
  });
}

Deno.test("quoted() leaves nothing ambiguous", () => {
  assertEquals(quoted('say "hi"\\n\n'), '"say \\"hi\\"\\\\n\\n"');
});

Deno.test("jsonText() keeps every value and holds nothing that a terminal obeys", () => {
  const document = { list: CASES.map(([text]) => text), lone: "\ud800", empty: {} };
  const text = jsonText(document);
  assertEquals(JSON.parse(text), document);
  assert(!/(?!\n)\p{C}/u.test(text));
});

Deno.test("displayWidth() counts columns, not characters", () => {
  for (
    const [text, width] of [["abc", 3], ["ä", 1], ["e\u0301", 1], ["日本", 4], ["😀", 2]] as const
  ) {
    assertEquals(displayWidth(text), width, text);
  }
  assertEquals([padded("日", 4), padded("7", 3, true), padded("long", 2)], ["日  ", "  7", "long"]);
});

Deno.test("countOf() knows one, none and many", () => {
  assertEquals([0, 1, 2].map((count) => countOf(count, "key")), ["no keys", "1 key", "2 keys"]);
});
