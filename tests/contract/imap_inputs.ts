/**
 * For the tests of `imap` and `imapUnordered`: an input, and a function that calls either.
 *
 * @module
 */
import { values } from "../fixtures/views.ts";
import type { AnyPool } from "./backend.ts";

/** An endless input that counts its items that were read, and notes whether it was closed. */
export class Numbers {
  read = 0;
  closed = false;

  *sync(): Generator<number> {
    try {
      for (;;) yield this.read++;
    } finally {
      this.closed = true;
    }
  }

  async *async(): AsyncGenerator<number> {
    try {
      for (;;) {
        await undefined;
        yield this.read++;
      }
    } finally {
      this.closed = true;
    }
  }
}

/** Doubles the items with the method that `method` names. */
export const lazily = (
  pool: AnyPool,
  method: "imap" | "imapUnordered",
  items: Iterable<number>,
  buffer: number,
): AsyncIterable<number> & PromiseLike<number[]> =>
  method === "imap"
    ? pool.imap(values.double, items, { buffer })
    : pool.imapUnordered(values.double, items, { buffer });
