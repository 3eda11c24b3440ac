import { MAX_KEY_BYTES } from "./constants.ts";
import type { Value } from "./value.ts";

/** A value under a key. */
export type KeyItem = Value & { namespace: string; key: string };

/** A namespace on its own; any other item brings its namespace along by itself. */
export interface NamespaceItem {
  /** Its name, 1 to 15 bytes. */
  namespace: string;
  /** Tells it from a value. */
  type: "namespace";
}

/** One thing to store in a partition. */
export type Item = KeyItem | NamespaceItem;

const utf8 = new TextEncoder();

/**
 * Says what is wrong with a key or a namespace's name, and what would be
 * right, or returns `undefined` for one that a device can read.
 */
export function nameFault(name: string): string | undefined {
  if (name === "") return "is empty; a name of 1 to 15 bytes is needed";
  if (name.includes("\0")) return "holds a NUL character; remove it";
  if (!name.isWellFormed()) return "holds half a character; remove it";
  const sizeBytes = utf8.encode(name).length;
  if (sizeBytes > MAX_KEY_BYTES) {
    const inCharacters = sizeBytes === name.length ? "" : ` (${[...name].length} characters)`;
    return `is ${sizeBytes} bytes long${inCharacters}; NVS takes at most ${MAX_KEY_BYTES} bytes`;
  }
  return undefined;
}
