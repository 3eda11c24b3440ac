/**
 * A map from texts to 64-bit numbers that takes 16 bytes a slot, for millions
 * of names: memory has to stay flat while a batch grows.
 *
 * @module
 */

import { hash } from "node:crypto";

const INITIAL_SLOTS = 1024;

/**
 * Maps texts to positive safe integers. Texts are told apart by 64 bits of
 * their SHA-256: a million of them meet by accident once in 30 million batches.
 */
export class HashTable {
  #keys: BigUint64Array<SharedArrayBuffer>;
  #values: Float64Array<SharedArrayBuffer>;
  #size: number;

  /** @param snapshot What {@linkcode HashTable.snapshot} gave, in this process or another. */
  constructor(snapshot: HashTableSnapshot = emptySnapshot()) {
    this.#keys = snapshot.keys;
    this.#values = snapshot.values;
    this.#size = snapshot.size;
  }

  get size(): number {
    return this.#size;
  }

  /** The table as plain data, which can be sent to a worker. */
  snapshot(): HashTableSnapshot {
    return { keys: this.#keys, values: this.#values, size: this.#size };
  }

  /** The number under a text, or `undefined`. */
  get(text: string): number | undefined {
    return this.#values[this.#slotOf(this.#keys, keyOf(text))] || undefined;
  }

  /** Puts a positive number under a text, in place of any other. */
  set(text: string, value: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const key = keyOf(text);
    const slot = this.#slotOf(this.#keys, key);
    if (this.#values[slot] === 0) this.#size++;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #slotOf(keys: BigUint64Array, key: bigint): number {
    const mask = keys.length - 1; // a power of two
    let slot = Number(BigInt.asUintN(32, key >> 1n)) & mask; // bit 0 is always set
    while (keys[slot] !== 0n && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const { keys, values } = emptySlots(this.#keys.length * 2);
    for (const [oldSlot, key] of this.#keys.entries()) {
      if (key === 0n) continue;
      const slot = this.#slotOf(keys, key);
      keys[slot] = key;
      values[slot] = this.#values[oldSlot]!;
    }
    this.#keys = keys;
    this.#values = values;
  }
}

/** A table as plain data. Threads share its memory, so it must not grow any more. */
export interface HashTableSnapshot {
  keys: BigUint64Array<SharedArrayBuffer>;
  values: Float64Array<SharedArrayBuffer>;
  size: number;
}

function emptySnapshot(): HashTableSnapshot {
  return { ...emptySlots(INITIAL_SLOTS), size: 0 };
}

function emptySlots(count: number): Omit<HashTableSnapshot, "size"> {
  return {
    keys: new BigUint64Array(new SharedArrayBuffer(count * BigUint64Array.BYTES_PER_ELEMENT)),
    values: new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT)),
  };
}

function keyOf(text: string): bigint {
  const digest = hash("sha256", text, "hex");
  return BigInt(`0x${digest.slice(0, 16)}`) | 1n; // never 0, which marks a free slot
}
