/**
 * Intel HEX: lines of up to 16 bytes, each with its address, type and checksum.
 * Addresses have 16 bits; a record in front gives the upper ones.
 *
 * @module
 */

/** Bytes that stand at an offset of the flash. */
export interface FlashBytes {
  offset: number;
  bytes: Uint8Array;
}

const RECORD = { data: 0, end: 1, extendedLinearAddress: 4 } as const;
const BYTES_PER_LINE = 16;
const PAGE = 0x10000;
const LINE_END = "\n";

/** The file, some lines at a time; `parts` stand in the order of their offsets. */
export function* intelHex(parts: readonly FlashBytes[]): Generator<string> {
  const end = Math.max(0, ...parts.map(({ offset, bytes }) => offset + bytes.length));
  // Without higher addresses a file needs no record of them, else each says its own.
  let page = end > PAGE ? -1 : 0;
  for (const { offset, bytes } of parts) {
    let lines = "";
    for (let at = 0; at < bytes.length;) {
      const address = offset + at;
      const low = address % PAGE;
      if (Math.floor(address / PAGE) !== page) {
        yield lines;
        page = Math.floor(address / PAGE);
        lines = recordOf(0, RECORD.extendedLinearAddress, Uint8Array.of(page >> 8, page & 0xFF));
      }
      const end = Math.min(at + BYTES_PER_LINE, bytes.length, at + PAGE - low);
      lines += recordOf(low, RECORD.data, bytes.subarray(at, end));
      at = end;
    }
    yield lines;
  }
  yield recordOf(0, RECORD.end, new Uint8Array());
}

function recordOf(address: number, type: number, data: Uint8Array): string {
  const record = Uint8Array.of(data.length, address >> 8, address & 0xFF, type, ...data);
  const checksum = -record.reduce((sum, byte) => sum + byte, 0) & 0xFF;
  return `:${record.toHex().toUpperCase()}${
    checksum.toString(16).padStart(2, "0").toUpperCase()
  }${LINE_END}`;
}
