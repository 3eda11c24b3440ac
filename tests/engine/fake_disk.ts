/**
 * A disk in memory that can lose its power: what was not synced is gone then.
 * Stricter than any real file system, where syncing a file often takes its
 * name along.
 *
 * @module
 */

/** A file or folder. */
export interface Inode {
  /** Names of a folder as processes see them; absent for a file. */
  entries?: Map<string, Inode>;
  /** Names of a folder that are on the disk. */
  durableEntries: Map<string, Inode>;
  /** Contents of a file as processes see them. */
  content: Uint8Array;
  /** Contents that are on the disk. */
  durableContent: Uint8Array;
  /** Names that lead here. */
  linkCount: number;
  isSecret: boolean;
  /** Process that has it locked. */
  lockedBy?: unknown;
}

function newFile(isSecret = false): Inode {
  const nothing = new Uint8Array();
  return {
    durableEntries: new Map(),
    content: nothing,
    durableContent: nothing,
    linkCount: 0,
    isSecret,
  };
}

function newFolder(): Inode {
  return { ...newFile(), entries: new Map() };
}

/** The disk. Paths are absolute, with `/`. */
export class FakeDisk {
  #root = newFolder();

  /** What has a path. */
  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of namesOf(path)) inode = inode?.entries?.get(name);
    return inode;
  }

  /** The folder above a path, and the last name. */
  parentOf(path: string): { folder: Inode | undefined; name: string } {
    const names = namesOf(path);
    const name = names.pop() ?? "";
    return { folder: this.find(`/${names.join("/")}`), name };
  }

  makeFile(path: string, isSecret: boolean): Inode {
    return this.#add(path, newFile(isSecret));
  }

  makeFolder(path: string): Inode {
    return this.#add(path, newFolder());
  }

  #add(path: string, inode: Inode): Inode {
    const { folder, name } = this.parentOf(path);
    folder!.entries!.set(name, inode);
    inode.linkCount++;
    return inode;
  }

  /** Puts a file on the disk that was there before anything began, with the folders it needs. */
  put(path: string, content: string | Uint8Array): void {
    let folder = this.#root;
    const names = namesOf(path);
    const last = names.pop()!;
    for (const name of names) {
      const next = folder.entries!.get(name) ?? newFolder();
      folder.entries!.set(name, next);
      folder.durableEntries.set(name, next);
      folder = next;
    }
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const file = { ...newFile(), content: bytes, durableContent: bytes, linkCount: 1 };
    folder.entries!.set(last, file);
    folder.durableEntries.set(last, file);
  }

  /** The power goes: only what was synced is left. */
  losePower(): void {
    const survive = (inode: Inode): void => {
      inode.content = inode.durableContent;
      delete inode.lockedBy;
      if (inode.entries === undefined) return;
      inode.entries = new Map(inode.durableEntries);
      for (const child of inode.entries.values()) {
        child.linkCount = 0;
        survive(child);
      }
    };
    survive(this.#root);
    const count = (inode: Inode): void => {
      for (const child of inode.entries?.values() ?? []) {
        child.linkCount++;
        count(child);
      }
    };
    count(this.#root);
  }

  /** A process is gone, and its locks with it. */
  endProcess(process: unknown): void {
    const end = (inode: Inode): void => {
      if (inode.lockedBy === process) delete inode.lockedBy;
      for (const child of inode.entries?.values() ?? []) end(child);
    };
    end(this.#root);
  }

  /** A second disk that is the same, and shares nothing. */
  copy(): FakeDisk {
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const copy: Inode = { ...inode, durableEntries: new Map() };
      copies.set(inode, copy);
      if (inode.entries !== undefined) {
        copy.entries = new Map(Array.from(inode.entries, ([name, child]) => [name, copyOf(child)]));
      }
      for (const [name, child] of inode.durableEntries) {
        copy.durableEntries.set(name, copyOf(child));
      }
      return copy;
    };
    const disk = new FakeDisk();
    disk.#root = copyOf(this.#root);
    return disk;
  }

  /** All files by their path. */
  files(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const walk = (inode: Inode, path: string): void => {
      for (const [name, child] of inode.entries ?? []) {
        if (child.entries === undefined) found.set(`${path}/${name}`, child.content);
        else walk(child, `${path}/${name}`);
      }
    };
    walk(this.#root, "");
    return found;
  }

  /** All folders by their path. */
  folders(): string[] {
    const found: string[] = [];
    const walk = (inode: Inode, path: string): void => {
      for (const [name, child] of inode.entries ?? []) {
        if (child.entries === undefined) continue;
        found.push(`${path}/${name}`);
        walk(child, `${path}/${name}`);
      }
    };
    walk(this.#root, "");
    return found;
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
