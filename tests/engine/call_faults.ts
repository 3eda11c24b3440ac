/**
 * What can go wrong at a call of the file-system port.
 *
 * @module
 */

/** Calls of the port that can fail; closing and releasing cannot. */
export type CallName =
  | "statOf"
  | "linkStatOf"
  | "namesIn"
  | "readFile"
  | "openRead"
  | "readChunk"
  | "makeFolder"
  | "createNew"
  | "openAppend"
  | "write"
  | "syncData"
  | "link"
  | "rename"
  | "remove"
  | "removeTree"
  | "syncFile"
  | "syncFolder"
  | "tryLock";

/** A call that was made. */
export interface Call {
  name: CallName;
  /** As the program gave it. */
  path: string;
  /** The new name, of a link or a renaming. */
  to?: string;
  /** What was written, or the contents of the file that got a name. */
  bytes?: Uint8Array;
}

export const OPENING: CallName[] = [
  "namesIn",
  "readFile",
  "openRead",
  "createNew",
  "openAppend",
  "syncFile",
  "syncFolder",
  "tryLock",
];
const READING: CallName[] = ["statOf", "linkStatOf", "namesIn", "readFile", "openRead"];
export const NAMING: CallName[] = ["makeFolder", "createNew", "link", "rename"];
const REMOVING: CallName[] = ["remove", "removeTree"];
const SYNCING: CallName[] = ["syncData", "syncFile", "syncFolder"];
const FILLING: CallName[] = [...NAMING, "write", ...SYNCING];

/** What a system says, when it can, and whether it goes on saying so. */
export const ERRORS = {
  ENOSPC: { text: "No space left on device", calls: FILLING, lasts: true },
  EDQUOT: { text: "Disk quota exceeded", calls: FILLING, lasts: true },
  EROFS: {
    text: "Read-only file system",
    calls: [...NAMING, ...REMOVING, "openAppend", "write", "tryLock"],
    lasts: true,
  },
  EIO: {
    text: "Input/output error",
    calls: [...READING, ...FILLING, ...REMOVING, "readChunk", "openAppend", "tryLock"],
    lasts: false,
  },
  EACCES: {
    text: "Permission denied",
    calls: [...READING, ...NAMING, ...REMOVING, "openAppend", "syncFile", "syncFolder", "tryLock"],
    lasts: false,
  },
  EMFILE: { text: "Too many open files", calls: OPENING, lasts: false },
  EINTR: {
    text: "Interrupted system call",
    calls: [...OPENING, "readChunk", "write", "syncData"],
    lasts: false,
  },
} as const satisfies Record<string, { text: string; calls: readonly CallName[]; lasts: boolean }>;
export type ErrorCode = keyof typeof ERRORS;

/** Whether a call can fail with a code. */
export function canFail(name: CallName, code: ErrorCode): boolean {
  return (ERRORS[code].calls as readonly CallName[]).includes(name);
}

/** What happens at a call. */
export type Fault =
  /** The process dies at it; `torn`: in the middle of it. */
  | { kind: "kill"; torn: boolean }
  /** It fails; `torn`: when it has done half of its work. */
  | { kind: "error"; code: ErrorCode; torn: boolean }
  /** A write takes only so many bytes; `lasts`: each one from then on. */
  | { kind: "short"; take(sizeBytes: number): number; lasts?: boolean };

/** A fault and the call at which it happens, from 1. */
export interface FaultAt {
  call: number;
  fault: Fault;
}

/** Calls that do their work bit by bit. */
export const TEARABLE: readonly CallName[] = ["write", "removeTree"];
