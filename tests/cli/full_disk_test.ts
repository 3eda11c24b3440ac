/** Disks that are full or read-only: small ones of their own, where the machine lets us mount them. */

import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { inTempFolder, IO, programCommand, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { canMountRamDisk, ramDiskFault, system, unmount } from "../mounts.ts";
import { assertRefused, GENERATE } from "./bad_inputs.ts";

/** More than two groups of devices; the disk has room for one. */
const DEVICE_COUNT = 600;
const DISK_BYTES = 6 * 1024 * 1024;
/** Two lanes may stage a group each, and then there is room for none. */
const ONE_LANE = ["--jobs", "1"];
const CONF = "n,namespace,\nserial,data,string\n";
const VALUES = `serial\n${
  Array.from({ length: DEVICE_COUNT }, (_, index) => `SN-${index + 1}\n`).join("")
}`;

const ignore = !await canMountRamDisk();

/** Calls `use` with a working folder that holds `disk/`, a file system with room for one group. */
async function withSmallDisk(use: (cwd: string, disk: string) => Promise<void>): Promise<void> {
  await inTempFolder(async (cwd) => {
    const disk = join(cwd, "disk");
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, "disk/": "" });
    assertEquals(await ramDiskFault(disk, String(DISK_BYTES)), undefined);
    try {
      await use(cwd, disk);
    } finally {
      await unmount(disk);
    }
  });
}

function generateTo(outdir: string, ...options: string[]): string[] {
  return [...GENERATE.slice(0, 5), "--outdir", outdir, ...options];
}

/** The number of devices that the report says are finished. */
function finishedDevices(stderr: string): number {
  const found = /^this run finished (\d+) of 600 devices;/m.exec(stderr);
  assert(found !== null, stderr);
  return Number(found[1]);
}

Deno.test("a full disk: exit 4 with the path; what was finished is whole, and nothing else", {
  ignore,
}, async () => {
  await withSmallDisk(async (cwd, disk) => {
    const reference = await runProgram(generateTo("reference"), { cwd });
    assertEquals([reference.code, reference.stderr], [0, ""]);
    const whole = treeOf(join(cwd, "reference"));

    const outcome = await runProgram(generateTo("disk/out", ...ONE_LANE), { cwd });
    assertEquals(outcome.code, IO);
    assertRefused(outcome);
    assertMatch(outcome.stderr, /^error: Cannot write "disk\/out\/.*": No space left on device$/m);
    const finished = finishedDevices(outcome.stderr);
    assertGreater(finished, 10);
    assertLess(finished, DEVICE_COUNT);

    const tree = treeOf(join(disk, "out"));
    for (let id = 1; id <= finished; id++) {
      for (const path of [`bin/Dev-${id}.bin`, `csv/Dev-${id}.csv`]) {
        assertEquals(tree[path], whole[path], path);
      }
    }
    const files = Object.keys(tree).filter((path) => /^(bin|csv|keys)\/.*[^/]$/.test(path));
    assertEquals(files.length, 2 * finished);
  });
});

Deno.test("a full disk with fresh keys: each image has its key", { ignore }, async () => {
  await withSmallDisk(async (cwd, disk) => {
    const reference = await runProgram(generateTo("reference"), { cwd });
    assertEquals(reference.code, 0);
    const hmac = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen", "--no-csv"];
    const outcome = await runProgram(generateTo("disk/out", ...hmac, ...ONE_LANE), { cwd });
    assertEquals(outcome.code, IO, outcome.stderr);
    assertRefused(outcome);
    const finished = finishedDevices(outcome.stderr);
    assertGreater(finished, 10);
    const files = Object.keys(treeOf(join(disk, "out")))
      .filter((path) => /^(bin|keys)\/.*[^/]$/.test(path));
    assertEquals(files.length, 3 * finished);
    for (let id = 1; id <= finished; id++) {
      const read = (path: string) => Deno.readFileSync(join(cwd, path));
      const keys = decodeKeyPartition(read(`disk/out/keys/keys-Dev-${id}.bin`));
      assertEquals(
        decryptImage(read(`disk/out/bin/Dev-${id}.bin`), keys),
        read(`reference/bin/Dev-${id}.bin`),
        `device ${id}`,
      );
    }
  });
});

Deno.test(
  "a full disk and values_created.csv: exit 4, no part of it; the way out that it names works",
  { ignore },
  async () => {
    await withSmallDisk(async (cwd, disk) => {
      Deno.writeFileSync(join(disk, "ballast"), new Uint8Array(DISK_BYTES - 8 * 4096));
      writeFiles(cwd, {
        "conf.csv": "n,namespace,\nserial,data,string\nlevel,data,u8,REPEAT\n",
        "disk/values.csv": `serial,level\n${"a".repeat(3000)},1\n${
          `${"b".repeat(3000)},\n`.repeat(9)
        }`,
      });
      const before = treeOf(disk);
      const args = ["generate", "conf.csv", "disk/values.csv", "Dev", "0x3000", "--outdir", "out"];
      const outcome = await runProgram(args, { cwd });
      assertEquals(outcome.code, IO, outcome.stderr);
      assertRefused(outcome);
      assertMatch(
        outcome.stderr,
        /Cannot write "disk\/\.values_created\.csv\.\w+\.tmp": No space left on device; name another place with --created-csv PATH, or leave it out with --created-csv none$/m,
      );
      assertEquals(treeOf(disk), before);
      const imagesNow = () =>
        Object.keys(treeOf(cwd)).filter((path) => path.startsWith("out/bin/D"));
      assertEquals(imagesNow(), []);
      const resumed = await runProgram([...args, "--resume", "--created-csv", "none"], { cwd });
      assertEquals(resumed.code, 0, resumed.stderr);
      assertEquals(imagesNow().length, 10);
    });
  },
);

Deno.test("a full disk and generate-key: exit 4, no key file", { ignore }, async () => {
  await withSmallDisk(async (cwd, disk) => {
    writeFiles(cwd, { "disk/out/keys/": "" });
    const room = 2 * 4096;
    const written = fill(join(disk, "ballast"));
    Deno.truncateSync(join(disk, "ballast"), written - room + 4096);
    const before = treeOf(disk);
    const hmac = ["--key_protect_hmac", "--kp_hmac_keygen", "--keyfile", "k"];
    const outcome = await runProgram(["generate-key", "--outdir", "disk/out", ...hmac], { cwd });
    assertEquals(outcome.code, IO, outcome.stderr);
    assertRefused(outcome);
    assertMatch(
      outcome.stderr,
      /Cannot write "disk\/out\/keys\/\.k\.bin\.\w+\.tmp": No space left on device/,
    );
    assertEquals(treeOf(disk), before);
  });
});

Deno.test("standard output that cannot be written: exit 4 and no stack trace, the images whole", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": "serial\nSN-1\n" });
    const words = [...programCommand(), ...generateTo("out")].map((word) => `'${word}'`);
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `${words.join(" ")} > /dev/full`],
      cwd,
      stdin: "null",
    }).output();
    const outcome = { code, stdout: "", stderr: new TextDecoder().decode(stderr) };
    assertRefused(outcome);
    assertEquals(code, IO, outcome.stderr);
    assertMatch(outcome.stderr, /standard output.*No space left on device/);
    assertMatch(outcome.stderr, /^the batch is whole: 1 device done and recorded$/m);
    assertEquals(Deno.statSync(join(cwd, "out/bin/Dev-1.bin")).size, 0x3000);
  });
});

/** Writes until the disk is full; the bytes that went in. */
function fill(path: string): number {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const block = new Uint8Array(4096);
  let written = 0;
  try {
    while (true) written += file.writeSync(block);
  } catch {
    return written;
  }
}

Deno.test("a read-only disk: exit 4 with the path, nothing written", { ignore }, async () => {
  await withSmallDisk(async (cwd, disk) => {
    await system("mount", "-o", "remount,ro", disk);
    for (
      const args of [
        generateTo("disk"),
        generateTo("disk/out"),
        ["generate-key", "--outdir", "disk/out"],
      ]
    ) {
      const outcome = await runProgram(args, { cwd });
      assertEquals(outcome.code, IO, outcome.stderr);
      assertRefused(outcome);
      assertMatch(outcome.stderr, /^error: Cannot .* "disk.*": Read-only file system$/m);
      assertEquals(treeOf(disk), {});
    }
  });
});

/** Files and folders that a batch of one device with a key has under way at once, and some more. */
const ENOUGH_NAMES = 20;

Deno.test("a disk with room for few more files, lock and staging included: exit 4, then --resume", {
  ignore,
}, async (t) => {
  await inTempFolder(async (cwd) => {
    const disk = join(cwd, "disk");
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": "serial\nSN-1\n", "disk/": "" });
    const options = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
    let failures = 0;
    for (let names = 1; names <= ENOUGH_NAMES; names++) {
      await t.step(`${names} names`, async () => {
        assertEquals(await ramDiskFault(disk, String(DISK_BYTES)), undefined);
        try {
          await system("mount", "-o", `remount,nr_inodes=${names}`, disk);
          const outcome = await runProgram(generateTo("disk/out", ...options), { cwd });
          if (outcome.code !== 0) {
            failures++;
            assertEquals(outcome.code, IO, outcome.stderr);
            assertRefused(outcome);
            assertMatch(
              outcome.stderr,
              /^error: Cannot .* "disk\/out.*": No space left on device$/m,
            );
          }
          const hidden = Object.keys(treeOf(disk)).filter((path) => /(^|\/)\./.test(path));
          assertEquals(hidden, []);
          await system("mount", "-o", `remount,nr_inodes=${2 * ENOUGH_NAMES}`, disk);
          const resumed = await runProgram(generateTo("disk/out", ...options, "--resume"), { cwd });
          assertEquals([resumed.code, resumed.stderr], [0, ""]);
          const verify = ["verify", ...generateTo("disk/out", ...options).slice(1)];
          assertEquals((await runProgram(verify, { cwd })).code, 0);
        } finally {
          await unmount(disk);
        }
      });
    }
    assert(failures > 8 && failures < ENOUGH_NAMES, `${failures} failures`);
  });
});
