/**
 * Runs the program with a terminal as its standard error, through Python's
 * `pty`.
 *
 * @module
 */

import { isWindows, programCommand } from "../helpers.ts";

/** What came over the terminal, and when. */
export interface TerminalOutcome {
  code: number;
  stdout: string;
  /** Texts as they came, and milliseconds since the start. */
  writes: { at: number; text: string }[];
  /** All texts together. */
  terminal: string;
  milliseconds: number;
  /** Milliseconds from the signal to the end. */
  afterSignal: number;
}

/** Where to run, and when to press Ctrl-C. */
export interface TerminalOptions {
  cwd: string;
  columns?: number;
  /** Text on the terminal that brings a SIGINT. */
  interruptAt?: string;
}

const SCRIPT = `
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, termios, time
columns, trigger, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
started = time.monotonic()
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
os.close(slave)
writes, stdout, signalled = [], b"", None
streams = [master, child.stdout.fileno()]
while streams:
    for stream in select.select(streams, [], [])[0]:
        try:
            data = os.read(stream, 65536)
        except OSError:
            data = b""
        if not data:
            streams.remove(stream)
        elif stream != master:
            stdout += data
        else:
            text = data.decode("utf-8", "replace")
            writes.append({"at": (time.monotonic() - started) * 1000, "text": text})
            if trigger and signalled is None and trigger in text:
                signalled = time.monotonic()
                child.send_signal(signal.SIGINT)
code = child.wait()
ended = time.monotonic()
print(json.dumps({
    "code": code,
    "stdout": stdout.decode(),
    "writes": writes,
    "terminal": "".join(write["text"] for write in writes),
    "milliseconds": (ended - started) * 1000,
    "afterSignal": (ended - (signalled or ended)) * 1000,
}))
`;

/** Why there is no terminal here, or `undefined` if there is one. */
export async function whyNoTerminal(): Promise<string | undefined> {
  if (isWindows) return "no pty on Windows";
  try {
    const { success } = await new Deno.Command("python3", { args: ["-c", "import pty"] }).output();
    return success ? undefined : "python3 has no pty";
  } catch {
    return "no python3";
  }
}

/** Runs the program on a terminal. */
export async function runOnTerminal(
  args: readonly string[],
  { cwd, columns = 80, interruptAt = "" }: TerminalOptions,
): Promise<TerminalOutcome> {
  const { code, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", SCRIPT, String(columns), interruptAt, ...programCommand(), ...args],
    cwd,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot run on a terminal: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}
