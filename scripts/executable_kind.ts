/**
 * Tells from an executable's first bytes which system it is for.
 *
 * @module
 */

import type { Target } from "./targets.ts";

const LITTLE_ENDIAN = true;
/** "\x7FELF" */
const ELF_MAGIC = 0x464c457f;
const ELF_MACHINE_AT = 18;
const ELF_ARCHES: Record<number, Target["arch"]> = { 0x3e: "x86_64", 0xb7: "arm64" };
const MACH_O_64_MAGIC = 0xfeedfacf;
const MACH_O_CPU_AT = 4;
const MACH_O_ARCHES: Record<number, Target["arch"]> = {
  0x0100_0007: "x86_64",
  0x0100_000c: "arm64",
};
/** "MZ", where every Windows program begins; the PE header is elsewhere. */
const DOS_MAGIC = 0x5a4d;
const PE_OFFSET_AT = 0x3c;
/** "PE\0\0" */
const PE_MAGIC = 0x0000_4550;
const PE_MACHINE_AT = 4;
const PE_ARCHES: Record<number, Target["arch"]> = { 0x8664: "x86_64", 0xaa64: "arm64" };

const MIN_SIZE_BYTES = 64;

/** The system and processor, or `undefined` if it is none of those that are released. */
export function executableKind(data: Uint8Array): Target | undefined {
  if (data.length < MIN_SIZE_BYTES) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const magic = view.getUint32(0, LITTLE_ENDIAN);
  if (magic === ELF_MAGIC) {
    return kind("linux", ELF_ARCHES[view.getUint16(ELF_MACHINE_AT, LITTLE_ENDIAN)]);
  }
  if (magic === MACH_O_64_MAGIC) {
    return kind("macos", MACH_O_ARCHES[view.getUint32(MACH_O_CPU_AT, LITTLE_ENDIAN)]);
  }
  if ((magic & 0xffff) !== DOS_MAGIC) return undefined;
  const peAt = view.getUint32(PE_OFFSET_AT, LITTLE_ENDIAN);
  if (peAt + PE_MACHINE_AT + 2 > data.length) return undefined;
  if (view.getUint32(peAt, LITTLE_ENDIAN) !== PE_MAGIC) return undefined;
  return kind("windows", PE_ARCHES[view.getUint16(peAt + PE_MACHINE_AT, LITTLE_ENDIAN)]);
}

function kind(os: Target["os"], arch: Target["arch"] | undefined): Target | undefined {
  return arch === undefined ? undefined : { os, arch };
}
