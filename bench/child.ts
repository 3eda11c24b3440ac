/** How a child process went. */
export interface ChildRun {
  seconds: number;
  stdout: string;
  /** Most memory it had at once, in bytes; 0 where the system does not tell. */
  peakBytes: number;
}

/** Runs a command to its end, which has to be a success. */
export async function runChild(command: readonly string[]): Promise<ChildRun> {
  const startedAt = performance.now();
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peakBytes = 0;
  const watch = setInterval(() => peakBytes = Math.max(peakBytes, peakOf(child.pid)), 10);
  const { code, stdout, stderr } = await child.output();
  clearInterval(watch);
  const seconds = (performance.now() - startedAt) / 1000;
  const decoder = new TextDecoder();
  if (code !== 0) {
    throw new Error(`${command.join(" ")} ended with ${code}: ${decoder.decode(stderr)}`);
  }
  return { seconds, stdout: decoder.decode(stdout), peakBytes };
}

/** The highest resident size that Linux has counted for a process. */
function peakOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has ended, or this is not Linux
  }
}
