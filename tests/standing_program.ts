/**
 * A process of the program that stays, one for each test file that uses it:
 * starting Deno takes longer than most runs.
 *
 * @module
 */

import type { Order } from "./serve_program.ts";
import type { Outcome } from "./helpers.ts";

/** Runs `tests/serve_program.ts`, one order after the other, in folders of their own. */
export class StandingProgram {
  readonly #command: readonly string[];
  #process: Serving | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param command What starts the process; it ends with the tests, as its input does. */
  constructor(command: readonly string[]) {
    this.#command = command;
  }

  /** Runs the program in a folder, behind the runs asked for before. */
  run(order: Order): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#ask(order));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #ask(order: Order): Promise<Outcome> {
    this.#process ??= new Serving(this.#command);
    const outcome = await this.#process.ask(order);
    if (outcome !== undefined) return outcome;
    this.#process = undefined;
    throw new Error(`The program ended in the middle of "${order.args.join(" ")}"`);
  }
}

class Serving {
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  constructor([program, ...args]: readonly string[]) {
    const process = new Deno.Command(program!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#orders = process.stdin.getWriter();
    this.#answers = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The outcome of a run, or `undefined` if the process ended. */
  async ask(order: Order): Promise<Outcome | undefined> {
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    const parts: string[] = [];
    do {
      const { value, done } = await this.#answers.read();
      if (done) return undefined;
      parts.push(value);
    } while (!parts.at(-1)!.endsWith("\n"));
    return JSON.parse(parts.join(""));
  }
}
