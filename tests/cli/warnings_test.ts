/** What may be wrong with values: warnings, and errors of `--unique` and `--strict`. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { filesIn, inTempFolder, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";
import { GENERATE, REJECTED, USAGE, withoutDevices } from "./bad_inputs.ts";

const CONF = `n,namespace,
serial,data,string
mac,data,hex2bin
gain,data,float
`;
const SHORTENED = "looks like a number that a spreadsheet shortened";
const FORMAT = "give the column the format Text, and enter the values again";
const SIGN = "is what a spreadsheet shows in the place of a value; mend the cell there";
const ZEROS = "is shorter by the zeros that others begin with; " +
  "if a spreadsheet dropped them, give the column the format Text";
const OWN = "give each device its own";

interface Row {
  name: string;
  conf?: string;
  values: string;
  options?: readonly string[];
  exit?: number;
  /** All of standard error, line by line. */
  says: readonly string[];
}

const ROWS: readonly Row[] = [
  { name: "nothing", values: "serial,mac,gain\nA1,00aa,1.5E+11\nA2,11bb,1E+05\n", says: [] },
  {
    name: "shortened numbers, counted by column",
    values: 'id,serial,mac,gain\n1E+05,1.23E+11,,1\n2,B,,1\n3,"1,5E+12",,1\n4,1.2E+1,,1\n',
    says: [
      `warning: values.csv:2:1: key "id": ${SHORTENED}; ${FORMAT}`,
      `warning: values.csv:2:2: key "serial": ${SHORTENED}; ${FORMAT} (2 cells in all)`,
    ],
  },
  ...["#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "####"].map((sign) => ({
    name: sign,
    values: `serial,mac,gain\n${sign},,1\n`,
    says: [`warning: values.csv:2:1: key "serial": "${sign}" ${SIGN}`],
  })),
  { name: "a number sign of the user's", values: "serial,mac,gain\n#1,,1\n#REF,,1\n", says: [] },
  {
    name: "a shortened number may be a password, so it is not repeated",
    conf: "n,namespace,\npassword,data,string\n",
    values: "password\n7E+17\n",
    says: [`warning: values.csv:2:1: key "password": ${SHORTENED}; ${FORMAT}`],
  },
  {
    name: "a REPEAT column's cell counts once",
    conf: "n,namespace,\nk,data,string,REPEAT\nx,data,u8\n",
    values: "k,x\n#N/A,1\n,2\n#N/A,3\n",
    says: [`warning: values.csv:2:1: key "k": "#N/A" ${SIGN}`],
  },
  {
    name: "lost zeros of serial numbers",
    values: "serial,mac,gain\n00123,,1\n124,,1\n7,,1\n99999,,1\n00,,1\n125,,1\n",
    says: [`warning: values.csv:3:1: key "serial": ${ZEROS} (2 cells in all)`],
  },
  {
    name: "lost zeros of hex",
    values: "serial,mac,gain\nA,00c0a8,1\nB,1234,1\nC,12cd,1\nD,12,1\n",
    says: [`warning: values.csv:3:2: key "mac": ${ZEROS}`],
  },
  {
    name: "numbers that have no zeros in front",
    values: "serial,mac,gain\n9,,1\n10,,1\n100,,1\n0,,1\n",
    says: [],
  },
  {
    name: "values that occur twice in columns called like serial numbers",
    conf: "n,namespace,\nk,data,string\nMAC,data,hex2bin\n",
    values: "k,MAC,Device_ID\nA,00aa,1\nA,00AA,2\nA,,1\nA,,\nA,00Aa,\n",
    says: [
      `warning: values.csv:3:2: key "MAC": has the value of line 2 again; ${OWN} (2 cells in all)`,
      `warning: values.csv:4:3: key "Device_ID": has the value of line 2 again; ${OWN}`,
    ],
  },
  {
    name: "a serial number that is REPEAT",
    conf: "n,namespace,\nsn,data,string,REPEAT\nx,data,u8\n",
    values: "sn,x\nA,1\nA,2\n,3\n",
    says: [],
  },
  {
    name: "a file id that occurs twice under a counter",
    values: "lot,serial,mac,gain\nL1,A,,1\nL1,B,,1\n",
    options: ["--fileid", "lot", "--prefix_num", "1", "3"],
    says: [`warning: values.csv:3:1: key "lot": has the value of line 2 again; ${OWN}`],
  },
  {
    name: "a file id that occurs twice is one problem",
    values: "serial,mac,gain\nA,,1\nA,,1\n",
    options: ["--fileid", "serial", "--unique", "serial"],
    exit: REJECTED,
    says: [
      'values.csv:3:1: key "serial": file id "A" was used in line 2 already (upper and lower case ' +
      "count as the same); give each device its own",
      "1 problem; nothing was written",
    ],
  },
  {
    name: "--strict",
    values: "serial,mac,gain\n1.23E+11,,1\n",
    options: ["--strict"],
    exit: REJECTED,
    says: [
      `warning: values.csv:2:1: key "serial": ${SHORTENED}; ${FORMAT}`,
      "1 warning, and --strict takes them for errors; nothing was written",
    ],
  },
  {
    name: "--strict without warnings",
    values: "serial,mac,gain\nA,,1\n",
    options: ["--strict"],
    says: [],
  },
  {
    name: "warnings stand in front of problems",
    values: "serial,mac,gain\nA,,x1\nA,,1\n",
    exit: REJECTED,
    says: [
      `warning: values.csv:3:1: key "serial": has the value of line 2 again; ${OWN}`,
      'values.csv:2:3: key "gain": "x1" is not a decimal number; a float takes one such as -1.5, ' +
      "2e-3 or inf",
      "1 problem; nothing was written",
    ],
  },
  {
    name: "--unique, any column",
    values: "serial,mac,gain,box\nA,,1,7\nB,,2,8\nC,,2,7\nA,,3,7\n",
    options: ["--unique", "box,serial"],
    exit: REJECTED,
    says: [
      'values.csv:4:4: key "box": has the value of line 2 again; --unique asks for another in each row',
      "  the same in values.csv:5:4",
      'values.csv:5:1: key "serial": has the value of line 2 again; --unique asks for another in each row',
      "3 problems; nothing was written",
    ],
  },
  {
    name: "--unique, in hex and in empty cells",
    values: "serial,mac,gain\nA,00AA,1\nB,,1\nC,00aa,1\nD,,1\n",
    options: ["--unique=mac"],
    exit: REJECTED,
    says: [
      'values.csv:4:2: key "mac": has the value of line 2 again; --unique asks for another in each row',
      'values.csv:5:2: key "mac": has the value of line 3 again; --unique asks for another in each row',
      "2 problems; nothing was written",
    ],
  },
  {
    name: "--unique that holds",
    values: "serial,mac,gain\nA,,1\na,,2\n",
    options: ["--unique", "serial,gain"],
    says: [],
  },
  {
    name: "--unique of a column that is not there",
    values: "serial,mac,gain\nA,,1\n",
    options: ["--unique", "serial,box"],
    exit: REJECTED,
    says: [
      'values.csv:1: has no column "box" for --unique; its columns are "serial", "mac", "gain"',
      "1 problem; nothing was written",
    ],
  },
  {
    name: "--unique of a REPEAT column",
    conf: "n,namespace,\nk,data,string,REPEAT\nx,data,u8\n",
    values: "k,x\nA,1\n,2\n",
    options: ["--unique", "k"],
    exit: REJECTED,
    says: [
      'values.csv:1:1: key "k": is for --unique, but the configuration says REPEAT, so all devices ' +
      "have one value; remove one of them",
      "1 problem; nothing was written",
    ],
  },
  {
    name: "--unique with an empty name",
    values: "serial,mac,gain\nA,,1\n",
    options: ["--unique", "serial,"],
    exit: USAGE,
    says: [
      'error: --unique "serial," has an empty name; write KEY, or KEY,KEY',
      "Try: mfg_gen generate --help",
    ],
  },
];

Deno.test("warnings, --strict and --unique", async (t) => {
  const results = await pool(
    ROWS,
    POOL_WIDTH,
    ({ conf = CONF, values, options = [] }) =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, { "conf.csv": conf, "values.csv": values });
        const outcome = await runProgram([...GENERATE, ...options], { cwd });
        return { outcome, count: filesIn(cwd).length };
      }),
  );
  for (const [index, { name, exit = 0, says }] of ROWS.entries()) {
    await t.step(name, () => {
      const { outcome, count } = results[index]!;
      const lines = withoutDevices(outcome.stderr).split("\n")
        .filter((line) => !line.startsWith("to learn more: "));
      assertEquals([outcome.code, ...lines], [exit, ...says, ""]);
      assertEquals(count > 2, exit === 0);
    });
  }
});

Deno.test("warnings in JSON: code, message, exact total, the first 1,000 places", () =>
  inTempFolder(async (cwd) => {
    const rows = Array.from({ length: 1500 }, (_, index) => `A${index},,1,#N/A,#REF!\n`);
    writeFiles(cwd, {
      "conf.csv": CONF,
      "values.csv": `serial,mac,gain,x,y\n${rows.join("")}`,
    });
    for (
      const [options, exit] of [[["--dry-run"], 0], [["--strict"], REJECTED], [[], 0]] as const
    ) {
      const run = await runProgram([...GENERATE, "--json", ...options], { cwd });
      assertEquals(run.code, exit);
      const { warnings } = JSON.parse(run.stdout);
      assertEquals(warnings.length, 2);
      const [x, y] = warnings;
      assertEquals([x.code, x.total, y.code, y.total], [
        "spreadsheet-error",
        1500,
        "spreadsheet-error",
        1500,
      ]);
      assertEquals(x.message, `"#N/A" ${SIGN}`);
      assertEquals(x.places.length + y.places.length, 1000);
      assertEquals(x.places[0], {
        file: "values.csv",
        line: 2,
        row: 2,
        device: 1,
        column: 4,
        key: "x",
      });
      assert(
        run.stderr.startsWith(
          `warning: values.csv:2:4 (device 1): key "x": "#N/A" ${SIGN} (1500 cells`,
        ),
      );
    }
  }));

Deno.test("verify ignores --strict and --unique; they are not part of the batch", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": "serial,mac,gain\nA,,1\nB,,1\n" });
    const batch = ["conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];
    const options = ["--strict", "--unique", "serial"];
    const made = await runProgram(["generate", ...batch, ...options], { cwd });
    assertEquals([made.code, made.stderr], [0, ""]);
    const again = await runProgram(["generate", ...batch, "--resume", "--json"], { cwd });
    assertEquals([again.code, JSON.parse(again.stdout).found_done], [0, 2]);
    const verified = await runProgram(["verify", ...batch, "--strict", "--unique", "gain"], {
      cwd,
    });
    assertEquals([verified.code, verified.stderr], [0, ""]);
  }));

Deno.test("warnings are printed with --quiet, too", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": "serial,mac,gain\n####,,1\n" });
    const run = await runProgram([...GENERATE, "--quiet"], { cwd });
    assertEquals([run.code, run.stdout], [0, ""]);
    assertEquals(run.stderr, `warning: values.csv:2:1 (device 1): key "serial": "####" ${SIGN}\n`);
    assert(Deno.statSync(join(cwd, "out/bin/Dev-1.bin")).isFile);
  }));
