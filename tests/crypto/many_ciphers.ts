/** Uses many ciphers, and prints by how many bytes the process has grown. */

import { XtsCipher } from "../../src/crypto/xts.ts";

const CIPHERS = 40_000;
const KEYS = { encryptionKey: new Uint8Array(32), tweakKey: new Uint8Array(32).fill(1) };
const unit = new Uint8Array(32);

function useMany(count: number): void {
  for (let number = 0; number < count; number++) {
    using cipher = new XtsCipher(KEYS);
    const masks = cipher.masks(unit.subarray(16), 32);
    cipher.encrypt(unit, masks);
    if (number % 2 === 0) cipher.decrypt(unit, masks);
  }
}

useMany(5000);
const before = Deno.memoryUsage().rss;
useMany(CIPHERS);
console.log(JSON.stringify({
  ciphers: CIPHERS,
  grownBytes: Deno.memoryUsage().rss - before,
}));
