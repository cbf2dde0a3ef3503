/**
 * A map that is read one result at a time, and never runs far ahead of its reader.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { isopool, pythonPool } from "./kit/contestants.ts";

export const imap: Bench = {
  name: "imap",
  what: "10^5 trivial items through imap, read one by one",
  unit: "us an item",
  contestants: [isopool, pythonPool],
};
