/**
 * A disk that can lose power: ext4 in an image file on a RAM disk, shut down
 * without flushing. What was not synced is gone after `remount`, as after a
 * power cut; what the program syncs costs no seek of a real disk.
 *
 * A disk that answers a sync before its own cache is written cannot be tested
 * so: here each sync does what it says.
 *
 * @module
 */

import { join } from "@std/path";
import { ramDiskFault, system, systemFault, unmount } from "../mounts.ts";

/** `EXT4_IOC_SHUTDOWN` of Linux's fs/ext4/ext4.h, `_IOR('X', 125, __u32)`, on x86 and Arm. */
const EXT4_IOC_SHUTDOWN = 0x8004_587Dn;
/** `EXT4_GOING_FLAGS_NOLOGFLUSH`: neither data nor journal are written any more. */
const NO_LOG_FLUSH = 2;
const O_RDONLY = 0;
const MEBIBYTE = 1024 * 1024;

function openLibc() {
  return Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
}

/** See the module. `dispose` unmounts everything, whatever happened before. */
export class CuttableDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  readonly #base: string;
  readonly #image: string;
  readonly #libc = openLibc();
  readonly #mounted: string[] = [];

  private constructor(base: string) {
    this.#base = base;
    this.folder = join(base, "disk");
    this.#image = join(base, "ram/disk.img");
  }

  /** Makes and mounts an empty disk. */
  static async mount(sizeBytes = 256 * MEBIBYTE): Promise<CuttableDisk> {
    const base = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "mfg_gen_test_" }));
    const disk = new CuttableDisk(base);
    try {
      await disk.#makeAndMount(sizeBytes);
      return disk;
    } catch (error) {
      await disk.dispose();
      throw error;
    }
  }

  async #makeAndMount(sizeBytes: number): Promise<void> {
    const ram = join(this.#base, "ram");
    Deno.mkdirSync(ram);
    Deno.mkdirSync(this.folder);
    const fault = await ramDiskFault(ram, String(sizeBytes + MEBIBYTE));
    if (fault !== undefined) throw new Error(fault);
    this.#mounted.push(ram);
    Deno.writeFileSync(this.#image, new Uint8Array());
    Deno.truncateSync(this.#image, sizeBytes);
    await system("mkfs.ext4", "-q", this.#image);
    await this.#mountImage();
  }

  /** The loop device goes with its mount. */
  async #mountImage(): Promise<void> {
    await system("mount", "-t", "ext4", "-o", "loop", this.#image, this.folder);
    this.#mounted.push(this.folder);
  }

  /** Brings on the disk what was written so far. */
  async sync(): Promise<void> {
    await system("sync", "-f", this.folder);
  }

  /**
   * Cuts the power, at once and without giving way to other code. Programs
   * that still use the disk get "Input/output error".
   */
  cut(): void {
    const { open, ioctl, close } = this.#libc.symbols;
    const descriptor = open(new TextEncoder().encode(`${this.folder}\0`), O_RDONLY);
    const result = ioctl(descriptor, EXT4_IOC_SHUTDOWN, new Uint32Array([NO_LOG_FLUSH]));
    close(descriptor);
    if (result !== 0) throw new Error(`Cannot shut down "${this.folder}"`);
  }

  /** Mounts the disk again, as after a restart; no program may use it any more. */
  async remount(): Promise<void> {
    await this.#unmountLast();
    await this.#mountImage();
  }

  async #unmountLast(): Promise<void> {
    await unmount(this.#mounted.pop()!);
  }

  /** Unmounts and removes everything. */
  async dispose(): Promise<void> {
    try {
      while (this.#mounted.length > 0) await this.#unmountLast();
    } finally {
      for (const folder of this.#mounted.toReversed()) {
        await systemFault("umount", "--lazy", folder);
      }
      this.#libc.close();
      Deno.removeSync(this.#base, { recursive: true });
    }
  }
}

/** Calls `use` with a disk of its own. */
export async function withDisk(use: (disk: CuttableDisk) => Promise<void>): Promise<void> {
  const disk = await CuttableDisk.mount();
  try {
    await use(disk);
  } finally {
    await disk.dispose();
  }
}

/** Why this machine cannot cut the power of a disk; `undefined` if it can. */
export async function powerCutFault(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "no ext4 here";
  try {
    await withDisk(async (disk) => {
      const path = join(disk.folder, "unsynced");
      Deno.writeTextFileSync(path, "lost");
      disk.cut();
      await disk.remount();
      if ([...Deno.readDirSync(disk.folder)].some(({ name }) => name === "unsynced")) {
        throw new Error("what was not synced is there after the cut");
      }
    });
    return undefined;
  } catch (error) {
    return String(error);
  }
}
