import { ENTRY_TABLE_OFFSET, LITTLE_ENDIAN, PAGE_AT, PAGE_STATE } from "./constants.ts";
import { pageHeaderCrc32 } from "./crc32.ts";

const WRITTEN_STATES: readonly number[] = Object.values(PAGE_STATE)
  .filter((state) => state !== PAGE_STATE.uninitialized);

/** Whether NVS wrote a page here: its state is one of a page in use, and its header has its checksum. */
export function isWrittenPage(bytes: Uint8Array, start = 0): boolean {
  if (start + ENTRY_TABLE_OFFSET > bytes.length) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state = view.getUint32(start + PAGE_AT.state, LITTLE_ENDIAN);
  const crc32 = view.getUint32(start + PAGE_AT.crc32, LITTLE_ENDIAN);
  return WRITTEN_STATES.includes(state) && crc32 === pageHeaderCrc32(bytes, start);
}
