/**
 * A map that is read one result at a time, and never runs far ahead of its reader: as it is, and with room for ten
 * thousand results. Python reads its whole input at once, and takes chunks of one if nobody says otherwise.
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
