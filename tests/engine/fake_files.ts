/**
 * The port of the file system over a disk in memory: each call is counted and
 * written down, and at any of them the process dies or the system says no.
 *
 * @module
 */

import { resolve } from "@std/path";
import { ioError } from "../../src/host/io_error.ts";
import {
  type FileLock,
  type FileSystem,
  type PathInfo,
  UnsupportedError,
  type WritableFile,
} from "../../src/ports/file_system.ts";
import {
  type Call,
  type CallName,
  canFail,
  type ErrorCode,
  ERRORS,
  type Fault,
  type FaultAt,
  NAMING,
  OPENING,
} from "./call_faults.ts";
import { type FakeDisk, type FileNode, type FolderNode, newFile, newFolder } from "./fake_disk.ts";

/** Thrown by every call once the process is dead. */
export class Killed extends Error {
  override name = "Killed";
}

/** What a file system can do. */
export interface Abilities {
  hasLinks?: boolean;
  canSyncFolders?: boolean;
  /** Files that may be open at once. */
  maxOpen?: number;
}

/** One process's view of a disk. */
export class FakeFiles implements FileSystem {
  readonly isWindows = Deno.build.os === "windows";
  readonly disk: FakeDisk;
  /** Calls that had their effect, in the order of that. */
  readonly log: Call[] = [];
  /** Calls as they began. */
  readonly calls: Call[] = [];
  /** The calls that the fault hit. */
  readonly failed: Call[] = [];
  readonly #fault: FaultAt | undefined;
  readonly #hasLinks: boolean;
  readonly #canSyncFolders: boolean;
  readonly #maxOpen: number;
  /** When the last sync of a folder that is over began: syncs may overlap. */
  readonly #folderSyncs = new Map<FolderNode, number>();
  /** Files that are open, locks among them. */
  #openCount = 0;
  #writtenCount = 0;
  #isDead = false;

  constructor(disk: FakeDisk, fault?: FaultAt, abilities: Abilities = {}) {
    this.disk = disk;
    this.#fault = fault;
    this.#hasLinks = abilities.hasLinks ?? true;
    this.#canSyncFolders = abilities.canSyncFolders ?? true;
    this.#maxOpen = abilities.maxOpen ?? Infinity;
  }

  /** Files that are open to be written. */
  get writtenCount(): number {
    return this.#writtenCount;
  }

  statOf(path: string): PathInfo | undefined {
    return this.#infoOf("statOf", path);
  }

  linkStatOf(path: string): PathInfo | undefined {
    return this.#infoOf("linkStatOf", path);
  }

  namesIn(path: string): string[] | undefined {
    this.#begin({ name: "namesIn", path }, "read folder");
    const node = this.#find(path);
    this.#done({ name: "namesIn", path });
    return node?.kind === "folder" ? [...node.names.keys()] : undefined;
  }

  readFile(path: string): Uint8Array<ArrayBuffer> {
    this.#begin({ name: "readFile", path }, "read");
    const { bytes } = this.#file("read", path);
    this.#done({ name: "readFile", path });
    return bytes.slice();
  }

  *readChunks(path: string, offset = 0, sizeBytes = Infinity): Generator<Uint8Array> {
    this.#begin({ name: "openRead", path }, "read");
    const node = this.#file("read", path);
    this.#openCount++;
    try {
      for (let at = offset; at < offset + sizeBytes;) {
        this.#begin({ name: "readChunk", path }, "read");
        const chunk = node.bytes.slice(at, Math.min(at + CHUNK_BYTES, offset + sizeBytes));
        if (chunk.length === 0) return;
        at += chunk.length;
        yield chunk;
      }
    } finally {
      this.#openCount--;
    }
  }

  /** The disk does not tell before a write. */
  writeFault(_folder: string): undefined {}

  makeFolder(path: string): void {
    const call: Call = { name: "makeFolder", path };
    this.#begin(call, "create folder");
    this.#freeParent("create folder", path).names.set(this.#nameOf(path), newFolder());
    this.#done(call);
  }

  createNew(path: string): WritableFile {
    const call: Call = { name: "createNew", path };
    this.#begin(call, "write");
    const node = newFile();
    this.#freeParent("write", path).names.set(this.#nameOf(path), node);
    this.#done(call);
    return this.#open(node, path);
  }

  openAppend(path: string): WritableFile {
    this.#begin({ name: "openAppend", path }, "write");
    return this.#open(this.#file("write", path), path, SLOW_TURNS);
  }

  link(path: string, to: string): void {
    const call: Call = { name: "link", path, to };
    this.#begin(call, "write");
    if (!this.#hasLinks) {
      throw new UnsupportedError("write", to, "the file system has no hard links");
    }
    const node = this.#file("write", path);
    this.#freeParent("write", to).names.set(this.#nameOf(to), node);
    node.linkCount++;
    this.#done({ ...call, bytes: node.bytes });
  }

  rename(path: string, to: string): void {
    const call: Call = { name: "rename", path, to };
    this.#begin(call, "write");
    const node = this.#file("write", path);
    const { folder } = this.disk.parentOf(resolve(to));
    if (folder === undefined) throw ioError("write", to, new Deno.errors.NotFound());
    const old = folder.names.get(this.#nameOf(to));
    if (old === node) return; // two names of one file: POSIX does nothing
    if (old?.kind === "folder") throw ioError("write", to, new Deno.errors.IsADirectory());
    if (old !== undefined) old.linkCount--;
    folder.names.set(this.#nameOf(to), node);
    this.disk.parentOf(resolve(path)).folder!.names.delete(this.#nameOf(path));
    this.#done({ ...call, bytes: node.bytes });
  }

  remove(path: string): void {
    const call: Call = { name: "remove", path };
    this.#begin(call, "remove");
    const node = this.#find(path);
    if (node === undefined) return;
    if (node.kind === "folder") throw ioError("remove", path, new Error("Is a directory"));
    node.linkCount--;
    this.disk.parentOf(resolve(path)).folder!.names.delete(this.#nameOf(path));
    this.#done(call);
  }

  removeTree(path: string): void {
    const call: Call = { name: "removeTree", path };
    const node = this.#find(path);
    this.#begin(call, "remove", () => {
      if (node?.kind === "folder") emptyHalf(node);
    });
    if (node === undefined) return;
    if (node.kind === "folder") empty(node);
    else node.linkCount--;
    this.disk.parentOf(resolve(path)).folder!.names.delete(this.#nameOf(path));
    this.#done(call);
  }

  async syncFile(path: string): Promise<void> {
    this.#begin({ name: "syncFile", path }, "write");
    await this.#syncing({ name: "syncFile", path }, this.#file("write", path), this.#turns());
  }

  async syncFolder(path: string): Promise<void> {
    const call: Call = { name: "syncFolder", path };
    this.#begin(call, "write");
    if (!this.#canSyncFolders) {
      throw new UnsupportedError("sync", path, "the system cannot do that here");
    }
    const node = this.#find(path);
    if (node?.kind !== "folder") throw ioError("write", path, new Deno.errors.NotFound());
    const names = new Map(node.names);
    const begun = this.calls.length;
    await this.#wait(this.#turns());
    if (begun > (this.#folderSyncs.get(node) ?? 0)) {
      this.#folderSyncs.set(node, begun);
      node.synced = names;
    }
    this.#done(call);
  }

  tryLock(path: string): FileLock | undefined {
    this.#begin({ name: "tryLock", path }, "lock");
    const node = this.#find(path);
    if (node?.kind !== "file" || node.isLocked) return undefined;
    node.isLocked = true;
    this.#openCount++;
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        node.isLocked = false;
        this.#openCount--;
      },
    };
  }

  #infoOf(name: "statOf" | "linkStatOf", path: string): PathInfo | undefined {
    this.#begin({ name, path }, "read");
    const node = this.#find(path);
    if (node === undefined) return undefined;
    return node.kind === "folder"
      ? { kind: "folder", sizeBytes: 4096, linkCount: 2 }
      : { kind: "file", sizeBytes: node.bytes.length, linkCount: node.linkCount };
  }

  #open(node: FileNode, path: string, turns?: number): WritableFile {
    this.#openCount++;
    this.#writtenCount++;
    let isOpen = true;
    return {
      write: (bytes) => {
        const call: Call = { name: "write", path };
        const put = (count: number) => {
          node.bytes = joined(node.bytes, bytes.subarray(0, count));
          return count;
        };
        const count = this.#begin(call, "write", () => put(bytes.length >> 1)) === "short"
          ? put(shortened(this.#fault!.fault, bytes.length))
          : put(bytes.length);
        this.#done({ ...call, bytes: bytes.slice(0, count) });
        return count;
      },
      syncData: async () => {
        this.#begin({ name: "syncData", path }, "write");
        await this.#syncing({ name: "syncData", path }, node, turns ?? this.#turns());
      },
      close: () => {
        if (!isOpen) throw new Error(`"${path}" is closed twice`);
        isOpen = false;
        this.#openCount--;
        this.#writtenCount--;
      },
    };
  }

  async #syncing(call: Call, node: FileNode, turns: number): Promise<void> {
    const { bytes } = node;
    await this.#wait(turns);
    // Syncs of a file may overlap, and the first one may be the last to tell.
    if (bytes.length >= node.synced.length) node.synced = bytes;
    this.#done(call);
  }

  /** A disk takes its time, now more, now less: who does not wait for it is overtaken. */
  #turns(): number {
    return MIN_TURNS + this.calls.length * 37 % MORE_TURNS;
  }

  async #wait(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await undefined;
    if (this.#isDead) throw new Killed();
  }

  /** Counts a call, and lets it fail if it is its turn. */
  #begin(call: Call, action: string, tear: () => void = () => {}): "short" | undefined {
    if (this.#isDead) throw new Killed();
    const number = this.calls.push(call);
    const isOpening = (OPENING as readonly CallName[]).includes(call.name);
    if (isOpening && this.#openCount >= this.#maxOpen) {
      this.failed.push(call);
      throw this.#error(action, call, "EMFILE");
    }
    if (this.#fault === undefined || number < this.#fault.call) return undefined;
    const { fault } = this.#fault;
    const isFirst = number === this.#fault.call;
    if (fault.kind === "short") {
      return (isFirst || fault.lasts) && call.name === "write" ? "short" : undefined;
    }
    if (fault.kind === "error") {
      const again = ERRORS[fault.code].lasts && canFail(call.name, fault.code);
      if (!isFirst && !again) return undefined;
      // What needs no room and no writing is found out first.
      if (ERRORS[fault.code].lasts && this.#isTaken(call)) return undefined;
      if (isFirst && fault.torn) tear();
      this.failed.push(call);
      throw this.#error(action, call, fault.code);
    }
    if (fault.torn) tear();
    this.#isDead = true;
    throw new Killed();
  }

  /** Whether a name that is to be made is there already. */
  #isTaken({ name, path, to }: Call): boolean {
    return NAMING.includes(name) && name !== "rename" && this.#find(to ?? path) !== undefined;
  }

  #error(action: string, { path, to }: Call, code: ErrorCode) {
    const error = Object.assign(new Error(`${ERRORS[code].text} (os error 5)`), { code });
    return ioError(action, to ?? path, error);
  }

  #done(call: Call): void {
    this.log.push(call);
  }

  #find(path: string) {
    return this.disk.find(resolve(path));
  }

  #file(action: string, path: string): FileNode {
    const node = this.#find(path);
    if (node?.kind === "file") return node;
    throw ioError(
      action,
      path,
      node === undefined ? new Deno.errors.NotFound() : new Deno.errors.IsADirectory(),
    );
  }

  #freeParent(action: string, path: string): FolderNode {
    const { folder, name } = this.disk.parentOf(resolve(path));
    if (folder === undefined) throw ioError(action, path, new Deno.errors.NotFound());
    if (folder.names.has(name)) throw ioError(action, path, new Deno.errors.AlreadyExists());
    return folder;
  }

  #nameOf(path: string): string {
    return this.disk.parentOf(resolve(path)).name;
  }
}

/** Turns of the queue of promises that a sync takes, and by how many that may differ. */
const MIN_TURNS = 5;
const MORE_TURNS = 101;
/** What a file takes that was there before: the manifest, which nobody may overtake. */
const SLOW_TURNS = 400;
const CHUNK_BYTES = 64 * 1024;

function shortened(fault: Fault, sizeBytes: number): number {
  if (fault.kind !== "short") throw new TypeError("Cannot shorten a write by another fault");
  return Math.min(sizeBytes, Math.max(1, fault.take(sizeBytes)));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

function empty(folder: FolderNode): void {
  for (const node of folder.names.values()) {
    if (node.kind === "folder") empty(node);
    else node.linkCount--;
  }
  folder.names.clear();
}

/** Takes every other name away, the first one first. */
function emptyHalf(folder: FolderNode): void {
  [...folder.names].forEach(([name, node], index) => {
    if (index % 2 > 0) return;
    if (node.kind === "folder") empty(node);
    else node.linkCount--;
    folder.names.delete(name);
  });
}
