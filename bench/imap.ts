/**
 * Benchmark of `imap`, whose results are read one at a time and which stays at most `buffer` items ahead of its reader:
 * with the default buffer, and with a buffer of 10,000. Python's `imap` reads its whole input at once; its default chunk
 * size is 1.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { having, isopool, pythonPool } from "./kit/contestants.ts";

export const imap: Bench = {
  name: "imap",
  what: "10^5 trivial items through imap, read one by one",
  unit: "us an item",
  contestants: [
    isopool,
    having(isopool, "10000 ahead", 10_000),
    pythonPool,
    having(pythonPool, "chunks of 5000", 5_000),
  ],
};
