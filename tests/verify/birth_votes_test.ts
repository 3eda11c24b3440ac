import { assertEquals } from "@std/assert";
import type { KeyItem } from "../../src/nvs/item.ts";
import { parseManifestLine } from "../../src/plan/manifest.ts";
import { BirthVotes } from "../../src/verify/birth_votes.ts";

/** What an image holds: strings by their keys. */
type Values = Record<string, string>;

function entriesOf(values: Values): KeyItem[] {
  return Object.entries(values).map(([key, value]) => ({
    namespace: "n",
    key,
    type: "string",
    value,
  }));
}

/** The images that the votes name, from 0, with the kind of the verdict. */
function verdictOf(returned: Values, images: readonly Values[]): string {
  const votes = new BirthVotes(entriesOf(returned));
  const rows = images.map((_, index) =>
    parseManifestLine(`b,${index + 1},,${index},1,${"0".repeat(64)},,,,,none`)!
  );
  for (const [index, row] of rows.entries()) votes.add(row, entriesOf(images[index]!));
  const verdict = votes.verdict(({ image }) => entriesOf(images[Number(image)]!));
  switch (verdict.kind) {
    case "none":
      return "none";
    case "several":
      return `several ${verdict.rows.map(({ image }) => image)}`;
    default:
      return `${verdict.kind} ${verdict.row.image}`;
  }
}

const TWO = [{ serial: "1", rev: "a", region: "eu" }, { serial: "2", rev: "b", region: "us" }];
const FIVE = ["1", "2", "3", "4", "5"].map((id) => ({
  serial: id,
  mac: id,
  password: id,
  fw: "1",
}));

const CASES: Record<string, [Values, readonly Values[], string]> = {
  "a serial number": [{ serial: "2", boots: "9" }, TWO, "one 1"],
  "another device of two variants": [{ serial: "9", rev: "a", region: "eu" }, TWO, "doubtful 0"],
  "nothing but a repeated value": [{ fw: "1" }, FIVE, "none"],
  "a password that the user changed": [
    { serial: "3", mac: "3", password: "x", fw: "2" },
    FIVE,
    "one 2",
  ],
  "more that differs than agrees": [{ serial: "3", mac: "x", password: "y" }, FIVE, "doubtful 2"],
  "values of two": [{ serial: "3", mac: "4", password: "4" }, FIVE, "several 2,3"],
  "copied images": [FIVE[0]!, [...FIVE, FIVE[0]!], "none"],
  "one image, all values of it": [{ serial: "1", fw: "1", boots: "1" }, [FIVE[0]!], "one 0"],
  "no image": [{ serial: "1" }, [], "none"],
};

for (const [name, [returned, images, expected]] of Object.entries(CASES)) {
  Deno.test(`votes for a birth: ${name}`, () => {
    assertEquals(verdictOf(returned, images), expected);
  });
}
