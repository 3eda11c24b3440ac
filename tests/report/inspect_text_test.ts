import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inspectText } from "../../src/report/inspect_text.ts";
import { withColour, withoutColour } from "../../src/report/paint.ts";
import { damagedImage, hostileImage, smallImage, viewOf } from "./small_image.ts";

const PLAIN = { paint: withoutColour, isAll: false, hasPageMap: false };

Deno.test("the text of a small image", () => {
  assertEquals(
    inspectText(viewOf(smallImage()), { ...PLAIN, hasPageMap: true }),
    `\
dev.bin: 16384 bytes, 4 pages, version 2, not encrypted, 15 of 504 entries used

page 0: active, sequence 0, version 2, 15 used, 1 erased, 110 empty
    0  NNSs#xBb bbISssVv ........ ........
   32  ........ ........ ........ ........
   64  ........ ........ ........ ........
   96  ........ ........ ........ ......

pages 1-3: uninitialized, 0 used, 0 erased, 126 empty each

N namespace  # number  Ss string  Bb blob data  I blob index  Vv version 1 blob  x- erased  . empty  ! faulty

NAMESPACE  KEY      TYPE    VALUE
device     cert     blob    ${"ab".repeat(24)}… (70 bytes)
device     channel  u8      11
device     mac      blob    0102ab
device     serial   string  "SN-0001"
device     text     string  "${"0123456789".repeat(4)}"… (51 bytes)
without keys: void

no findings
`,
  );
});

Deno.test("--all shows values in full, places and what is erased", () => {
  assertEquals(
    inspectText(viewOf(smallImage()), { ...PLAIN, isAll: true }).split("\n").slice(2, -3),
    [
      "NAMESPACE  KEY      TYPE    PAGE  ENTRY  SPAN  VALUE",
      `device     cert     blob       0      6     5  ${"ab".repeat(70)}`,
      "device     channel  u8         0      4     1  11",
      "device     mac      blob       0     14     2  0102ab",
      'device     serial   string     0      2     2  "SN-0001"',
      `device     text     string     0     11     3  "${"0123456789".repeat(5)}\\n"`,
      "without keys: void",
      "",
      "1 erased item still readable:",
      "NAMESPACE  KEY    TYPE  PAGE  ENTRY  SPAN  VALUE",
      "device     boots  u32      0      5     1  1",
    ],
  );
});

Deno.test("findings are named with place, stored and computed", () => {
  const text = inspectText(viewOf(damagedImage()), PLAIN);
  const [title, finding] = text.split("\n").slice(-3);
  assertEquals(title, "1 finding:");
  assert(
    /^ {2}data-crc32 at page 0, entry 2: .+ \(stored 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}\)$/
      .test(finding!),
    finding,
  );
});

Deno.test("colour adds escape codes and changes nothing else", () => {
  for (const image of [smallImage(), damagedImage(), hostileImage()]) {
    const options = { isAll: true, hasPageMap: true };
    const plain = inspectText(viewOf(image), { ...options, paint: withoutColour });
    const coloured = inspectText(viewOf(image), { ...options, paint: withColour });
    assertStringIncludes(coloured, "\x1b[1m");
    // deno-lint-ignore no-control-regex
    assertEquals(coloured.replace(/\x1b\[[\d;]*m/g, ""), plain);
  }
});

Deno.test("a hostile image sends nothing to a terminal but its picture", () => {
  const text = inspectText(viewOf(hostileImage(), "a\x1b[1m.bin"), {
    paint: withoutColour,
    isAll: true,
    hasPageMap: true,
  });
  assert(!/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(text));
  assertStringIncludes(text, "\\x1b]0;owned\\x07");
  assertStringIncludes(text, "hex c328");
});

Deno.test("an image without pages, or without keys, has a text too", () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(5000), new Uint8Array(4096).fill(0xFF)]) {
    const image = smallImage();
    const view = viewOf(Object.assign(image, { bytes }));
    assertStringIncludes(inspectText(view, { ...PLAIN, hasPageMap: true, isAll: true }), "no keys");
  }
});
