const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Size(text: string): number {
  let sizeBytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A pair of surrogates is 4 bytes: 2 for each of its units.
    sizeBytes += unit >= 0x800 && (unit & 0xF800) !== 0xD800 ? 2 : 1;
  }
  return sizeBytes;
}

/** Bytes of a string that may be given as text or as bytes. */
export function byteSize(text: string | Uint8Array): number {
  return typeof text === "string" ? utf8Size(text) : text.length;
}

/**
 * Writes a text as UTF-8 from `start` on to `target`, which has room for it.
 * Most keys and values are short and ASCII, for which a loop is several times
 * faster than a call into the runtime.
 */
export function putUtf8(text: string, target: Uint8Array, start: number): void {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) {
      encoder.encodeInto(text, target.subarray(start));
      return;
    }
    target[start + at] = unit;
  }
}
