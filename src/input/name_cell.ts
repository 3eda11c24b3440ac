import { nameFault } from "../nvs/item.ts";

/**
 * Says what is wrong with the name of a key or namespace in a CSV, and what
 * would be right, or returns `undefined` for one that can stand there.
 */
export function nameCellFault(name: string): string | undefined {
  return name.startsWith("#")
    ? 'begins with "#", which marks a comment; choose another name'
    : nameFault(name);
}
