/**
 * A thread that lets a held file go after a while, since the thread under test
 * is busy waiting for that.
 *
 * @module
 */

import { letGo } from "./hold.ts";

/** What the thread is told. */
export interface Order {
  handle: bigint;
  milliseconds: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: "ready" | "let go"): void;
};

scope.onmessage = ({ data: { handle, milliseconds } }) => {
  setTimeout(() => {
    letGo(handle);
    scope.postMessage("let go");
  }, milliseconds);
};
scope.postMessage("ready");
