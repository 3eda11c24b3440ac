/** The key of an image, searched for among all that may be in a folder. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { encodePartition } from "../../mod.ts";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { PAGE_SIZE } from "../../src/nvs/constants.ts";
import { entryOffset } from "../../src/nvs/partition.ts";
import { type FileReader, IoError } from "../../src/ports/file_system.ts";
import { type KeySearch, type SearchedKey, searchKey } from "../../src/verify/key_search.ts";
import { flipped, HMAC_KEY, KEY_PARTITION, KEYS, ramp } from "../cli/key_files.ts";
import { hasOddFiles, makePipe } from "../cli/odd_files.ts";
import { CAN_LINK, type Files, inTempFolder, withSlashes, writeFiles } from "../helpers.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";

const PLAIN = encodePartition([
  { namespace: "n", key: "s", type: "string", value: "secret" },
  { namespace: "n", key: "b", type: "blob", value: ramp(5000, 1) },
], { sizeBytes: 0x4000 });
const ENCRYPTED = encryptImage(PLAIN, KEYS);
const HMAC_KEYS = await deriveXtsKeys(HMAC_KEY);
const HMAC_ENCRYPTED = encryptImage(PLAIN, HMAC_KEYS);

/** Another key for each number. */
function wrongPartition(number: number): Uint8Array {
  return encodeKeyPartition({ encryptionKey: ramp(32, number), tweakKey: ramp(32, number + 128) });
}

/** Searches below `keys`; paths are told with `/`. */
async function searchIn(
  cwd: string,
  image: Uint8Array,
  files: FileReader = new DenoFiles(),
): Promise<SearchedKey> {
  const found = await searchKey(files, join(cwd, "keys"), image, () => Promise.resolve());
  const below = (path: string) => withSlashes(path).slice(withSlashes(cwd).length + 1);
  const { search } = found;
  const { firstUnreadable } = search.counts;
  return {
    ...found,
    search: {
      ...search,
      folder: below(search.folder),
      counts: {
        ...search.counts,
        ...(firstUnreadable &&
          { firstUnreadable: { ...firstUnreadable, path: below(firstUnreadable.path) } }),
      },
      fitting: search.fitting.map((fit) => ({ ...fit, file: below(fit.file) })),
    },
  };
}

async function search(files: Files, image: Uint8Array = ENCRYPTED): Promise<SearchedKey> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "keys/": "", ...files });
    return await searchIn(cwd, image);
  });
}

function found(
  file: string,
  keyFiles: number,
  more: { kind?: "hmacKey"; fileCount?: number; skipped?: number } = {},
): KeySearch {
  const { kind = "keys", fileCount = 1, skipped = 0 } = more;
  return {
    folder: "keys",
    counts: { keyFiles, skipped, unreadable: 0 },
    outcome: "found",
    fitting: [{ file, kind, fileCount }],
  };
}

/** Files that are no keys. */
const JUNK: Files = {
  "keys/.hidden": "x",
  "keys/0.csv": "key,type\n",
  "keys/empty.bin": "",
  "keys/31.bin": ramp(31, 1),
  "keys/33.bin": ramp(33, 1),
  "keys/4095.bin": KEY_PARTITION.subarray(0, 4095),
  "keys/4097.bin": new Uint8Array([...KEY_PARTITION, 0xFF]),
  "keys/bad-crc.bin": flipped(KEY_PARTITION, 3),
  "keys/blank.bin": new Uint8Array(PAGE_SIZE).fill(0xFF),
  "keys/equal-halves.bin": encodeKeyPartition({
    encryptionKey: ramp(32, 1),
    tweakKey: ramp(32, 1),
  }),
  "keys/zeroes.bin": new Uint8Array(PAGE_SIZE),
  "keys/image.bin": ENCRYPTED,
};
const JUNK_COUNT = Object.keys(JUNK).length;

Deno.test("a key partition and an HMAC key are found, among others and in folders in folders", async () => {
  const wrong: Files = {
    "keys/0.bin": wrongPartition(1),
    "keys/1.bin": ramp(32, 77), // may be an HMAC key, as any 32 bytes
    "keys/a/b/2.bin": wrongPartition(2),
    "keys/empty/folders/": "",
  };
  const { search: first, keys } = await search({
    ...wrong,
    ...JUNK,
    "keys/a/b/c/d/e/right": KEY_PARTITION,
  });
  assertEquals(first, found("keys/a/b/c/d/e/right", 4, { skipped: JUNK_COUNT }));
  assertEquals(keys, KEYS);
  const byHmac = await search({ ...wrong, "keys/z/hmac.bin": HMAC_KEY }, HMAC_ENCRYPTED);
  assertEquals(byHmac, {
    search: found("keys/z/hmac.bin", 4, { kind: "hmacKey" }),
    keys: HMAC_KEYS,
  });
});

Deno.test("of files with the same key the first by its path is named, and all are counted", async () => {
  const copies = {
    "keys/b/keys.bin": KEY_PARTITION,
    "keys/a.bin": KEY_PARTITION,
    "keys/a/z.bin": KEY_PARTITION,
    "keys/c.bin": wrongPartition(3),
  };
  assertEquals((await search(copies)).search, found("keys/a/z.bin", 4, { fileCount: 3 }));
  // As `generate` leaves it: the HMAC key, and the partition that derives from it.
  const derived = {
    "keys/keys-Dev-1.bin": encodeKeyPartition(HMAC_KEYS),
    "keys/hmac-keys-Dev-1.bin": HMAC_KEY,
  };
  assertEquals(
    (await search(derived, HMAC_ENCRYPTED)).search,
    found("keys/hmac-keys-Dev-1.bin", 2, { kind: "hmacKey", fileCount: 2 }),
  );
});

Deno.test("wrong keys alone, files that are no keys, and nothing at all: none fits", async () => {
  const cases: [Files, number, number][] = [
    [{}, 0, 0],
    [JUNK, 0, JUNK_COUNT],
    [{ "keys/1.bin": wrongPartition(1), "keys/2.bin": ramp(32, 2), ...JUNK }, 2, JUNK_COUNT],
  ];
  for (const [files, keyFiles, skipped] of cases) {
    assertEquals(await search(files), {
      search: {
        folder: "keys",
        counts: { keyFiles, skipped, unreadable: 0 },
        outcome: "none",
        fitting: [],
      },
    });
  }
});

Deno.test("an image with one entry, and images that are damaged, have keys too", async () => {
  const oneEntry = encryptImage(
    new ImageBuilder(3).page(0, "active").namespace(
      { entry: 0, key: "n" },
      1,
    ).bytes,
    KEYS,
  );
  const damagedHead = ENCRYPTED.slice();
  damagedHead.fill(0, entryOffset(0, 0), entryOffset(0, 3));
  const lostPage = ENCRYPTED.slice();
  lostPage.fill(0, 0, PAGE_SIZE);
  const images = [oneEntry, damagedHead, lostPage, ENCRYPTED.slice(0, PAGE_SIZE + 100)];
  const files = { "keys/0.bin": wrongPartition(1), "keys/1.bin": KEY_PARTITION };
  for (const image of images) {
    assertEquals((await search(files, image)).search, found("keys/1.bin", 2));
    const { search: { outcome } } = await search({ "keys/0.bin": wrongPartition(1) }, image);
    assertEquals(outcome, "none");
  }
  const noHeader = ENCRYPTED.slice();
  for (let page = 0; page < 4; page++) {
    for (let entry = 0; entry < 126; entry++) noHeader[entryOffset(page, entry) + 16]! ^= 1;
  }
  assertEquals((await search(files, noHeader)).search.outcome, "none");
});

Deno.test("a plain or blank image needs no key, and none is read; a damaged plain one has none", async () => {
  const files = { "keys/1.bin": KEY_PARTITION, "keys/2.bin": HMAC_KEY };
  const damaged = flipped(PLAIN, entryOffset(0, 0) + 16);
  const cases: [Uint8Array, number][] = [
    [PLAIN, 0],
    [new Uint8Array(0x3000).fill(0xFF), 0],
    [new Uint8Array(0x3000), 0],
    [new Uint8Array(), 0],
    [damaged, 2],
  ];
  for (const [image, keyFiles] of cases) {
    const { search: { outcome, counts, fitting }, keys } = await search(files, image);
    assertEquals([outcome, fitting, keys], ["not-encrypted", [], undefined]);
    assertEquals(counts, { keyFiles, skipped: 0, unreadable: 0 });
  }
});

Deno.test("two different keys that fit are both named, and neither is given", async () => {
  const otherKeys: XtsKeys = { encryptionKey: ramp(32, 1), tweakKey: ramp(32, 2) };
  // A page of the one, a page of the other: no program writes such an image.
  const mixed = ENCRYPTED.slice();
  mixed.set(encryptImage(PLAIN, otherKeys).subarray(PAGE_SIZE, 2 * PAGE_SIZE), PAGE_SIZE);
  const { search: { outcome, fitting }, keys } = await search({
    "keys/a.bin": KEY_PARTITION,
    "keys/b.bin": encodeKeyPartition(otherKeys),
    "keys/c.bin": KEY_PARTITION,
  }, mixed);
  assertEquals([outcome, keys], ["ambiguous", undefined]);
  assertEquals(fitting, [
    { file: "keys/a.bin", kind: "keys", fileCount: 2 },
    { file: "keys/b.bin", kind: "keys", fileCount: 1 },
  ]);
});

Deno.test({
  name:
    "symbolic links are not followed: no circles, no other folders; the folder itself may be one",
  ignore: !CAN_LINK,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "real/1.bin": wrongPartition(1),
      "real/sub/2.bin": wrongPartition(2),
      "elsewhere/keys.bin": KEY_PARTITION,
    });
    Deno.symlinkSync("real", join(cwd, "keys"), { type: "dir" });
    Deno.symlinkSync("..", join(cwd, "real/sub/up"), { type: "dir" });
    Deno.symlinkSync("../elsewhere", join(cwd, "real/elsewhere"), { type: "dir" });
    Deno.symlinkSync("../elsewhere/keys.bin", join(cwd, "real/keys.bin"), { type: "file" });
    Deno.symlinkSync("nothing", join(cwd, "real/dangling"), { type: "file" });
    const { search: { outcome, counts } } = await searchIn(cwd, ENCRYPTED);
    assertEquals([outcome, counts], ["none", { keyFiles: 2, skipped: 4, unreadable: 0 }]);
  });
});

Deno.test({ name: "a pipe is passed over, and not waited for", ignore: !hasOddFiles }, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "keys/keys.bin": KEY_PARTITION });
    await makePipe(join(cwd, "keys/a-pipe"));
    const { search } = await searchIn(cwd, ENCRYPTED);
    assertEquals(search, found("keys/keys.bin", 1, { skipped: 1 }));
  });
});

/** Files of which the system gives some neither contents, nor names, nor facts. */
class LockedFiles extends DenoFiles {
  readonly #locked: readonly string[];

  constructor(locked: readonly string[]) {
    super();
    this.#locked = locked;
  }

  #assertOpen(action: string, path: string): void {
    if (this.#locked.some((name) => withSlashes(path).endsWith(name))) {
      throw new IoError(action, path, "Permission denied");
    }
  }

  override linkStatOf(path: string) {
    if (path.endsWith("no-stat")) this.#assertOpen("read", path);
    return super.linkStatOf(path);
  }

  override namesIn(folder: string) {
    this.#assertOpen("read folder", folder);
    return super.namesIn(folder);
  }

  override readFile(path: string) {
    this.#assertOpen("read", path);
    return super.readFile(path);
  }
}

Deno.test("what cannot be read is counted, the first is named, and the others are tried", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "keys/a/b.bin": HMAC_KEY,
      "keys/closed/c.bin": KEY_PARTITION,
      "keys/no-stat": "x",
      "keys/z.bin": KEY_PARTITION,
    });
    const files = new LockedFiles(["/a/b.bin", "/closed", "/no-stat"]);
    const { search } = await searchIn(cwd, ENCRYPTED, files);
    assertEquals(search.fitting, [{ file: "keys/z.bin", kind: "keys", fileCount: 1 }]);
    assertEquals(search.counts, {
      keyFiles: 1,
      skipped: 0,
      unreadable: 3,
      firstUnreadable: { path: "keys/a/b.bin", reason: "Permission denied" },
    });
    await assertRejects(
      () => searchIn(cwd, ENCRYPTED, new LockedFiles(["/keys"])),
      IoError,
      "Permission denied",
    );
  });
});

Deno.test("files of the size of a key are read once, others not at all", async () => {
  const read: string[] = [];
  class WatchedFiles extends DenoFiles {
    override readFile(path: string) {
      read.push(withSlashes(path));
      return super.readFile(path);
    }
    override readChunks(): never {
      throw new Error("a key file is small");
    }
  }
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...JUNK, "keys/k.bin": KEY_PARTITION, "keys/w.bin": wrongPartition(1) });
    await searchIn(cwd, ENCRYPTED, new WatchedFiles());
    const names = read.map((path) => path.slice(path.lastIndexOf("/") + 1));
    assertEquals(names, [
      "bad-crc.bin",
      "blank.bin",
      "equal-halves.bin",
      "k.bin",
      "w.bin",
      "zeroes.bin",
    ]);
  });
});

Deno.test("a search tells nothing of the keys but where they are", async () => {
  const { search: told } = await search({ "keys/1.bin": KEY_PARTITION });
  assertEquals(Object.keys(told.fitting[0]!), ["file", "kind", "fileCount"]);
  assert(!JSON.stringify(told).includes(`${KEYS.encryptionKey[0]},`));
});
