/** SIGKILL at random moments, then `--resume`, again and again. */

import { assertEquals, assertGreater } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, isWindows, type Outcome, seededRandom, writeFiles } from "../helpers.ts";
import {
  assertFinished,
  assertWholeSoFar,
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  MANIFEST,
  PREFIX,
  type Reference,
  succeed,
  textOf,
  undisturbed,
} from "./batch.ts";
import { killAfter, KILLED, signalled, sleep, start } from "./running.ts";

/** Enough to be killed in the middle; files take longer on Windows. */
const DEVICES = isWindows ? 600 : 1000;
const KILLS_PER_BATCH = 4;
const BATCHES: { kind: KeyKind; options: readonly string[] }[] = [
  { kind: "plain", options: [] },
  { kind: "derived", options: ["--no-csv"] },
  { kind: "given", options: ["--no-csv"] },
  { kind: "fresh", options: ["--no-csv"] },
  { kind: "freshHmac", options: ["--no-csv"] },
];
/** More runs than this mean that the kills come at the wrong time. */
const MAX_RUNS = 40;

Deno.test(`${DEVICES} devices, ${BATCHES.length * KILLS_PER_BATCH} SIGKILLs and more`, async (t) => {
  await inTempFolder(async (folder) => {
    const random = seededRandom(20240607);
    const kills: Kill[] = [];
    const inputs = batchFiles(DEVICES);
    const plainFolder = join(folder, "reference");
    writeFiles(plainFolder, inputs);
    const plain = await undisturbed(plainFolder);
    let derived = plain;
    let derivedKeys = new Uint8Array();
    const created = textOf(join(plainFolder, "values_created.csv"));

    for (const { kind, options } of BATCHES) {
      await t.step(`${kind} ${options.join(" ")}`, async () => {
        const cwd = join(folder, kind);
        writeFiles(cwd, inputs);
        const allOptions = [...KEY_OPTIONS[kind], ...options];
        if (kind === "given") writeFiles(cwd, { "keys.bin": derivedKeys });
        let reference = options.includes("--no-csv") ? without(plain, "csv/") : plain;
        if (kind === "derived") {
          reference = derived = await undisturbed(cwd, allOptions);
          derivedKeys = Deno.readFileSync(join(derived.outdir, "keys/keys-Dev-1.bin"));
        }
        // Given the derived keys, a batch has the same images.
        if (kind === "given") reference = without(derived, "keys/");

        kills.push(...await killAndResume(cwd, kind, allOptions, reference, random));
        await succeed(generate([...allOptions, "--resume"]), cwd);
        // A kill may hit the writing of rows.
        await assertFinished(join(cwd, "out"), kind, reference, "damaged");
        if (options.length === 0) {
          assertEquals(textOf(join(cwd, "values_created.csv")), created);
        }
        assertEquals(hiddenFiles(cwd), []);
        Deno.removeSync(cwd, { recursive: true });
      });
    }
    console.log(`images before and after: ${kills.map((kill) => kill.join("→")).join(", ")}`);
  });
});

/** Runs the program and kills it when there are more images than before. */
async function killWriting(
  args: readonly string[],
  cwd: string,
  outdir: string,
): Promise<Outcome> {
  const before = imagesIn(outdir);
  const running = start(args, cwd);
  let hasEnded = false;
  running.outcome.then(() => hasEnded = true);
  while (!hasEnded && imagesIn(outdir) <= before) await sleep(1);
  return await signalled(running, "SIGKILL");
}

/** Images that were there when a run began, and when it was killed. */
type Kill = [before: number, after: number];

/** Whether a kill hit a run that was writing images. */
function isMidway([before, after]: Kill): boolean {
  return after > before && after < DEVICES;
}

/** Kills runs of a batch until enough were hit, one of them while it wrote; each but the first resumes. */
async function killAndResume(
  cwd: string,
  kind: KeyKind,
  options: readonly string[],
  reference: Reference,
  random: () => number,
): Promise<Kill[]> {
  const outdir = join(cwd, "out");
  const kills: Kill[] = [];
  let isFirst = true;
  for (let run = 0; kills.length < KILLS_PER_BATCH || !kills.some(isMidway); run++) {
    assertGreater(MAX_RUNS, run, "too many kills came too late, or before anything was written");
    // What is left to do, so that kills are spread over it; a share of each run is its start.
    const before = imagesIn(outdir);
    const share = 0.2 + 0.8 * (1 - before / DEVICES);
    const milliseconds = random() * share * reference.milliseconds;
    const args = generate([...options, ...(isFirst ? [] : ["--resume"])]);
    // When chance has hit no run that was writing, the next is killed by what it wrote.
    const isDue = kills.length >= KILLS_PER_BATCH - 1 && !kills.some(isMidway);
    const { code, stderr } = isDue
      ? await killWriting(args, cwd, outdir)
      : await killAfter(milliseconds, args, cwd);
    if (code === KILLED) {
      kills.push([before, imagesIn(outdir)]);
      isFirst = false;
      await assertWholeSoFar(outdir, kind, reference);
    } else {
      // It was faster. Half of its images and most of its rows are taken away, so that there is
      // something to do: devices to write with their keys, to mend, and to adopt.
      assertEquals([code, stderr], [0, ""]);
      isFirst = false;
      for (let device = 1; device <= DEVICES; device += 2) {
        Deno.removeSync(join(outdir, `bin/${PREFIX}-${device}.bin`));
      }
      const rows = Deno.readTextFileSync(join(outdir, MANIFEST)).split("\n");
      Deno.writeTextFileSync(
        join(outdir, MANIFEST),
        `${rows.slice(0, DEVICES / 4).join("\n")}\n`,
      );
    }
  }
  return kills;
}

/** What the same batch is with options that leave a folder out. */
function without({ outdir, files, milliseconds }: Reference, folder: string): Reference {
  const rest = Object.entries(files).filter(([path]) => !path.startsWith(folder));
  return { outdir, files: Object.fromEntries(rest), milliseconds };
}

function imagesIn(outdir: string): number {
  try {
    return [...Deno.readDirSync(join(outdir, "bin"))].length;
  } catch {
    return 0; // the folder is not there yet
  }
}

function hiddenFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.startsWith(".")
  );
}
