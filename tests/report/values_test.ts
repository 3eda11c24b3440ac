import { assert, assertEquals } from "@std/assert";
import { decodePartition } from "../../src/nvs/decode.ts";
import { diffPartitions } from "../../src/nvs/diff.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import type { Value } from "../../src/nvs/value.ts";
import { diffText } from "../../src/report/diff_report.ts";
import type { ImageView } from "../../src/report/image_view.ts";
import { inspectHtml } from "../../src/report/inspect_html.ts";
import { nvsCsv } from "../../src/report/nvs_csv.ts";
import { withoutColour } from "../../src/report/paint.ts";
import { fullValue, valueJson } from "../../src/report/values.ts";

const SHOWN: readonly [value: Value, text: string][] = [
  [{ type: "u8", value: 7n }, "7"],
  [{ type: "i8", value: -0 }, "0"],
  [{ type: "i64", value: -(2n ** 63n) }, "-9223372036854775808"],
  [{ type: "float", value: Math.fround(0.1) }, "0.1"],
  [{ type: "float", value: Math.fround(-1e-45) }, "-1e-45"],
  [{ type: "float", value: -0 }, "-0"],
  [{ type: "float", value: NaN }, "nan"],
  [{ type: "double", value: Math.fround(0.1) }, "0.10000000149011612"],
  [{ type: "double", value: -Infinity }, "-inf"],
];

for (const [{ type, value }, text] of SHOWN) {
  Deno.test(`${type} ${value} is shown as ${text}`, () => {
    assertEquals(fullValue(type, value), text);
    assertEquals(valueJson(type, value), { type, value: text });
  });
}

function viewOf(value: number): ImageView {
  const plain = encodePartition([
    { namespace: "n", key: "gain", type: "float", value },
    { namespace: "n", key: "limit", type: "double", value: -Infinity },
  ], { sizeBytes: 0x3000 });
  const decoded = decodePartition(plain);
  return { file: "dev.bin", sha256: "", isEncrypted: false, plain, decoded };
}

Deno.test("floating-point numbers in each report", () => {
  const [a, b] = [viewOf(0.1), viewOf(1.1)];
  const differences = diffPartitions(a.decoded, b.decoded);
  assertEquals(
    diffText({ a, b, differences, isRedacted: true }, withoutColour),
    "~ n/gain: float 0.1 -> 1.1\n1 difference: 0 added, 0 removed, 1 changed\n",
  );
  assertEquals(nvsCsv(b.decoded), {
    text: "key,type,encoding,value\r\nn,namespace,,\r\n" +
      "gain,data,float,1.1\r\nlimit,data,double,-inf\r\n",
    losses: [],
  });
  const html = inspectHtml(b);
  assert(html.includes("<code>1.1</code>") && html.includes("<code>-inf</code>"), html);
});
