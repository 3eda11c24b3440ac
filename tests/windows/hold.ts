/**
 * Holds files as a virus scanner does: open, and shared with nobody. Windows
 * alone has that, and Deno's own calls share with everybody, so this asks the
 * system itself.
 *
 * @module
 */

const GENERIC_READ = 0x8000_0000;
const SHARED_WITH_NOBODY = 0;
const OPEN_EXISTING = 3;
const FILE_ATTRIBUTE_NORMAL = 0x80;
/** What `CreateFileW` answers when it cannot open a file. */
const INVALID_HANDLE = 0xFFFF_FFFF_FFFF_FFFFn;

function openKernel() {
  return Deno.dlopen("kernel32.dll", {
    CreateFileW: {
      parameters: ["buffer", "u32", "u32", "pointer", "u32", "u32", "pointer"],
      result: "u64",
    },
    CloseHandle: { parameters: ["u64"], result: "i32" },
  });
}

let kernel: ReturnType<typeof openKernel> | undefined;

/** Opens a file for this process alone; `undefined` if it is gone or held by somebody. */
export function hold(path: string): bigint | undefined {
  kernel ??= openKernel();
  const units = Uint16Array.from(`${path}\0`, (unit) => unit.charCodeAt(0));
  const handle = kernel.symbols.CreateFileW(
    new Uint8Array(units.buffer),
    GENERIC_READ,
    SHARED_WITH_NOBODY,
    null,
    OPEN_EXISTING,
    FILE_ATTRIBUTE_NORMAL,
    null,
  );
  return handle === INVALID_HANDLE ? undefined : handle;
}

/** Lets a file go that {@linkcode hold} opened, in this thread or another. */
export function letGo(handle: bigint): void {
  kernel ??= openKernel();
  kernel.symbols.CloseHandle(handle);
}
