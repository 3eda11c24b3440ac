/**
 * The one mapping of what Deno throws to the errors of the port.
 *
 * @module
 */

import {
  FileExistsError,
  IoError,
  NoSuchFileError,
  TooManyOpenFilesError,
} from "../ports/file_system.ts";

/** The system's name of an error: "ENOSPC". Some errors of Deno have nothing else to tell them. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/**
 * Whether an error says that there is nothing under a path. Of a name that
 * Windows takes for no name Deno tells that by the code alone.
 */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    codeOf(error) === "ENOENT";
}

/** What the system said, as an error of ours. */
export function ioError(action: string, path: string, error: unknown): IoError {
  if (error instanceof IoError) return error;
  if (error instanceof Deno.errors.AlreadyExists) {
    return new FileExistsError(action, path, "it exists already and was not touched");
  }
  const code = codeOf(error);
  if (error instanceof Deno.errors.NotFound || code === "ENOENT") {
    return new NoSuchFileError(action, path, "it does not exist");
  }
  if (error instanceof Deno.errors.IsADirectory || code === "EISDIR") {
    return new NoSuchFileError(action, path, "it is a folder");
  }
  if (code === "EBUSY" && Deno.build.os === "windows") {
    return new IoError(
      action,
      path,
      "another program has it open; close it there, or keep virus scanners out of the folder",
    );
  }
  if (code === "EMFILE" || code === "ENFILE") {
    return new TooManyOpenFilesError(action, path, "too many files are open");
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new IoError(action, path, closedReason(error));
  }
  return new IoError(action, path, reasonOf(error));
}

/**
 * Deno takes some places out of what a permission for files opens: devices, and
 * on Windows what stands on another machine. Only all permissions open those.
 */
function closedReason({ message }: Error): string {
  if (!/\ball access\b/.test(message)) {
    return "the program was started without the permission for that";
  }
  return Deno.build.os === "windows"
    ? "from its source the program opens network shares with all permissions only; run it by " +
      '"deno run -A", or give the share a drive letter'
    : "the program is confined to real files, so it opens nothing below /dev, /proc and /sys; use " +
      "another folder, for one in memory a tmpfs of your own";
}

/** The system's words without Deno's additions: "No space left on device". */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\).*$/s, "");
}
