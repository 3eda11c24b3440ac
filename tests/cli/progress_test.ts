import { assertEquals } from "@std/assert";
import { type ProgressState, renderProgress } from "../../src/cli/progress.ts";

for (
  const [state, text] of [
    [{ phase: "checking", done: 0, seconds: 0 }, "checking 0 devices"],
    [{ phase: "checking", done: 50, seconds: 0.5 }, "checking 50 devices, 100/s"],
    [{ phase: "writing", done: 0, total: 9, seconds: 0 }, "writing 0 of 9 devices"],
    [{ phase: "writing", done: 0, total: 9, seconds: 3 }, "writing 0 of 9 devices"],
    [
      { phase: "writing", done: 10, total: 100, seconds: 1 },
      "writing 10 of 100 devices, 10/s, 9 s left",
    ],
    [
      { phase: "writing", done: 10, total: 1000, seconds: 10 },
      "writing 10 of 1000 devices, 1/s, 16 min 30 s left",
    ],
    [{ phase: "writing", done: 7, total: 7, seconds: 1 }, "writing 7 of 7 devices, 7/s, 0 s left"],
  ] as const satisfies readonly (readonly [ProgressState, string])[]
) {
  Deno.test(`progress "${text}"`, () => assertEquals(renderProgress(state, 80), text));
}

for (const [columns, text] of [[20, "writing 10 of 100 d"], [1, ""], [0, ""]] as const) {
  Deno.test(`progress in ${columns} columns never fills the last one`, () => {
    const state = { phase: "writing", done: 10, total: 100, seconds: 1 };
    assertEquals(renderProgress(state, columns), text);
  });
}
