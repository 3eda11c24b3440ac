/** The line of each value's first row: what is equal is found, and nothing else. */

import { assertEquals } from "@std/assert";
import { FirstLines } from "../../src/plan/first_lines.ts";

Deno.test("a value has the line that it was first given", () => {
  const lines = new FirstLines();
  for (
    const [value, line, earlier] of [
      ["", 2, undefined],
      ["a", 3, undefined],
      ["", 4, 2],
      ["A", 5, undefined],
      ["a", 6, 3],
      ["a\0", 7, undefined],
      ["\0a", 8, undefined],
      ["é", 9, undefined],
      ["e\u0301", 10, undefined],
      ["", 4_000_000_000, 2],
    ] as const
  ) {
    assertEquals(lines.lineOf(value, line), earlier);
  }
});

for (
  const [name, valueOf] of [
    ["numbers", String],
    ["padded numbers", (n: number) => String(n).padStart(8, "0")],
    ["addresses", (n: number) => (0x0200C0A80000 + n).toString(16)],
    ["a prefix and a suffix", (n: number) => `SN-${n}-${n % 7}-ABCDEFGHIJKLMNOPQRSTUVWXYZ`],
    ["digits in reverse", (n: number) => [...String(n)].reverse().join("") + "."],
    [
      "two letters each way",
      (n: number) => n.toString(2).replaceAll("0", "ab").replaceAll("1", "ba"),
    ],
  ] as const
) {
  Deno.test(`300,000 values are all told apart: ${name}`, () => {
    const lines = new FirstLines();
    const values = new Set(Array.from({ length: 300_000 }, (_, index) => valueOf(index)));
    let line = 1;
    let met = 0;
    for (const value of values) if (lines.lineOf(value, ++line) !== undefined) met++;
    assertEquals(met, 0);
    line = 1;
    for (const value of values) if (lines.lineOf(value, 1) !== ++line) met++;
    assertEquals(met, 0);
  });
}
