/** Exit statuses, as docs/reference.md publishes them. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  rejected: 3,
  io: 4,
  difference: 5,
  interrupted: 130,
} as const;

/** One of the exit statuses. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown when the command line cannot be understood; exit status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
