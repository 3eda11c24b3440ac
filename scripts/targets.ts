/**
 * The systems that executables are released for.
 *
 * @module
 */

import { VERSION } from "./project.ts";

/** A system that executables are made for. */
export interface Target {
  os: "linux" | "macos" | "windows";
  arch: "x86_64" | "arm64";
}

/** By the target triples of `deno compile`. */
export const TARGETS: Readonly<Record<string, Target>> = {
  "x86_64-unknown-linux-gnu": { os: "linux", arch: "x86_64" },
  "aarch64-unknown-linux-gnu": { os: "linux", arch: "arm64" },
  "x86_64-apple-darwin": { os: "macos", arch: "x86_64" },
  "aarch64-apple-darwin": { os: "macos", arch: "arm64" },
  "x86_64-pc-windows-msvc": { os: "windows", arch: "x86_64" },
  "aarch64-pc-windows-msvc": { os: "windows", arch: "arm64" },
};

/** What an archive is called without its `.zip`; its only folder has the same name. */
export function archiveName({ os, arch }: Target): string {
  return `mfg_gen-${VERSION}-${os}-${arch}`;
}
