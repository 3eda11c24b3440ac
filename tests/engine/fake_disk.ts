/**
 * A disk in memory that forgets what was not synced when its power fails. It is
 * stricter than ext4: a name lasts only once its folder was synced, and
 * contents only once the file was.
 *
 * @module
 */

import { hash } from "node:crypto";

/** A regular file. Its bytes are never changed in place, so disks can share them. */
export interface FileNode {
  kind: "file";
  bytes: Uint8Array;
  /** What a power cut leaves for sure. */
  synced: Uint8Array;
  /** Names in folders. */
  linkCount: number;
  isLocked: boolean;
}

/** A folder. */
export interface FolderNode {
  kind: "folder";
  names: Map<string, Node>;
  /** What a power cut leaves for sure. */
  synced: Map<string, Node>;
}

export type Node = FileNode | FolderNode;

/** What becomes of names and contents that were not synced. */
export const POWER_CUTS = [
  /** All of them are gone; removed names are back. */
  "all lost",
  /** Names stay; contents are what was synced, so new files are empty. */
  "names without contents",
  /** Names stay; of what was added to a file, half is there. */
  "half of the contents",
  /**
   * Of each folder's new names the first ones, removed ones perhaps, and of each file as much as
   * chance will have it, perhaps with zeros in place of what was added.
   */
  "at random",
] as const;
export type PowerCut = (typeof POWER_CUTS)[number];

const NOTHING = new Uint8Array();

export function newFile(bytes: Uint8Array = NOTHING): FileNode {
  return { kind: "file", bytes, synced: NOTHING, linkCount: 1, isLocked: false };
}

export function newFolder(): FolderNode {
  return { kind: "folder", names: new Map(), synced: new Map() };
}

/** The parts of an absolute path. */
function partsOf(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => part !== "");
}

/** A tree of folders and files. */
export class FakeDisk {
  readonly root: FolderNode;

  constructor(root = newFolder()) {
    this.root = root;
  }

  /** What has a name, or `undefined`. */
  find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of partsOf(path)) {
      if (node?.kind !== "folder") return undefined;
      node = node.names.get(part);
    }
    return node;
  }

  /** The folder that a name is in, if it is there, and the name. */
  parentOf(path: string): { folder: FolderNode | undefined; name: string } {
    const parts = partsOf(path);
    const name = parts.pop() ?? "";
    const folder = this.find(parts.join("/"));
    return { folder: folder?.kind === "folder" ? folder : undefined, name };
  }

  /** Puts a file on the disk for good, with the folders that it needs. */
  put(path: string, bytes: Uint8Array): void {
    let folder = this.root;
    const parts = partsOf(path);
    const name = parts.pop()!;
    for (const part of parts) {
      let next = folder.names.get(part);
      if (next?.kind !== "folder") {
        next = newFolder();
        folder.names.set(part, next);
        folder.synced.set(part, next);
      }
      folder = next;
    }
    const file = { ...newFile(bytes), synced: bytes };
    folder.names.set(name, file);
    folder.synced.set(name, file);
  }

  /** Takes a file away for good. */
  delete(path: string): void {
    const { folder, name } = this.parentOf(path);
    folder?.names.delete(name);
    folder?.synced.delete(name);
  }

  /** Contents of all files below a folder by their path from there, sorted; folders end with `/`. */
  tree(top: string): Map<string, Uint8Array> {
    const tree = new Map<string, Uint8Array>();
    const walk = (folder: FolderNode, path: string) => {
      for (const name of [...folder.names.keys()].sort()) {
        const node = folder.names.get(name)!;
        if (node.kind === "file") tree.set(path + name, node.bytes);
        else {
          tree.set(`${path}${name}/`, NOTHING);
          walk(node, `${path}${name}/`);
        }
      }
    };
    const node = this.find(top);
    if (node?.kind === "folder") walk(node, "");
    return tree;
  }

  /** The same for two disks with the same names and contents. */
  digest(): string {
    const lines = [...this.tree("")].map(([path, bytes]) => `${path} ${sha256Of(bytes)}\n`);
    return hash("sha256", lines.join(""), "hex");
  }

  /** The same disk once more, without locks. */
  copy(): FakeDisk {
    return this.#mapped(({ names }) => names, ({ bytes }) => bytes, true);
  }

  /** The same disk once more when everything on it has reached the plates. */
  settled(): FakeDisk {
    return this.#mapped(({ names }) => names, ({ bytes }) => bytes, false);
  }

  /** What is left after a power cut. */
  cut(variant: PowerCut, random: () => number): FakeDisk {
    switch (variant) {
      case "all lost":
        return this.#mapped(({ synced }) => synced, ({ synced }) => synced, false);
      case "names without contents":
        return this.#mapped(({ names }) => names, ({ synced }) => synced, false);
      case "half of the contents":
        return this.#mapped(({ names }) => names, half, false);
      case "at random":
        return this.#mapped(
          (folder) => someNames(folder, random),
          (file) => someBytes(file, random),
          false,
        );
      default:
        throw new TypeError(`Cannot cut the power "${variant satisfies never}"`);
    }
  }

  #mapped(
    namesOf: (folder: FolderNode) => ReadonlyMap<string, Node>,
    bytesOf: (file: FileNode) => Uint8Array,
    keepsSynced: boolean,
  ): FakeDisk {
    const copies = new Map<Node, Node>();
    const copyOf = (node: Node): Node => {
      const known = copies.get(node);
      if (known !== undefined) return known;
      if (node.kind === "file") {
        const bytes = bytesOf(node);
        const synced = keepsSynced ? node.synced : bytes;
        const copy: FileNode = { kind: "file", bytes, synced, linkCount: 0, isLocked: false };
        copies.set(node, copy);
        return copy;
      }
      const copy = newFolder();
      copies.set(node, copy);
      for (const [name, child] of namesOf(node)) {
        const childCopy = copyOf(child);
        if (childCopy.kind === "file") childCopy.linkCount++;
        copy.names.set(name, childCopy);
      }
      const synced = keepsSynced ? node.synced : namesOf(node);
      copy.synced = keepsSynced
        ? new Map([...synced].map(([name, child]) => [name, copyOf(child)]))
        : new Map(copy.names);
      return copy;
    };
    return new FakeDisk(copyOf(this.root) as FolderNode);
  }
}

const digests = new WeakMap<Uint8Array, string>();

/** SHA-256 in hex of bytes that never change. */
export function sha256Of(bytes: Uint8Array): string {
  let digest = digests.get(bytes);
  if (digest === undefined) digests.set(bytes, digest = hash("sha256", bytes, "hex"));
  return digest;
}

function half({ bytes, synced }: FileNode): Uint8Array {
  if (bytes === synced || bytes.length < synced.length) return synced;
  return bytes.slice(0, synced.length + ((bytes.length - synced.length) >> 1));
}

function someBytes(file: FileNode, random: () => number): Uint8Array {
  const { bytes, synced } = file;
  if (bytes === synced) return bytes;
  const outcomes = [bytes, synced, half(file)];
  if (synced.length > 0) {
    const zeros = new Uint8Array(bytes.length);
    zeros.set(synced.subarray(0, bytes.length));
    outcomes.push(zeros);
  }
  return outcomes[Math.floor(random() * outcomes.length)]!;
}

/** File systems write the changes of a folder in their order, though not those of several. */
function someNames({ names, synced }: FolderNode, random: () => number): Map<string, Node> {
  const some = new Map([...synced].filter(([name]) => names.has(name) || random() < 0.5));
  const changed = [...names].filter(([name, node]) => synced.get(name) !== node);
  const count = Math.floor(random() * (changed.length + 1));
  for (const [name, node] of changed.slice(0, count)) some.set(name, node);
  return some;
}
