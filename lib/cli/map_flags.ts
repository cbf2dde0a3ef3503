/**
 * The flags of `isopool map`.
 *
 * @module
 */
import type { Flag } from "./flags.ts";
import { WORKER_FLAGS } from "./workers_flags.ts";

/** The flags that say where items come from. */
export const INPUT_FLAGS: readonly Flag[] = [
  {
    name: "from",
    value: "FORMAT",
    choices: ["lines", "null", "jsonl", "csv"],
    help: "what the input is: lines (the default), null, jsonl, csv with a header",
  },
  { name: "null", short: "0", help: "items end with NUL, as of find -print0: --from null" },
  { name: "files", value: "GLOB", many: true, help: "the items are the paths of the files that match" },
];

/** All flags. */
export const MAP_FLAGS: readonly Flag[] = [
  ...INPUT_FLAGS,
  { name: "pipe", help: "the items are blocks of the input's text, cut at line ends" },
  { name: "block", value: "SIZE", help: "length of these blocks (default: 1M)" },
  {
    name: "to",
    value: "FORMAT",
    choices: ["jsonl", "csv", "raw"],
    help: "what the output is: jsonl (the default), csv, raw text or bytes",
  },
  { name: "keep-order", short: "k", help: "results in the order of the items, not as they are done" },
  { name: "tag", help: "each line of output begins with its item and a tab" },
  { name: "results", value: "DIR|FILE.csv", help: "results go into a file for each item, or into one table" },
  ...WORKER_FLAGS,
  { name: "chunk", value: "N", help: "sends a worker N items at a time at most (default: 2 ms of work)" },
  { name: "halt", value: "WHEN", help: "ends early: never (the default), soon|now,fail=N|fail=N%|success=N" },
  { name: "memfree", value: "SIZE", help: "starts no item while less memory is free: 1G" },
  { name: "load", value: "N|N%", help: "starts no item while the load is higher: 4, 80%" },
  { name: "joblog", value: "FILE", help: "writes a row for each item: the nine columns of GNU parallel" },
  { name: "resume", help: "leaves out the items that --joblog has, if neither they nor the code has changed" },
  { name: "resume-failed", help: "the same, and tries those again that have failed" },
  { name: "bar", help: "shows a progress bar on a terminal, and lines elsewhere" },
  { name: "progress", help: "the same as --bar" },
  { name: "trace", value: "FILE", help: "records what the workers do, for Chrome, Perfetto and isopool trace" },
  {
    name: "dashboard",
    value: "PORT",
    optional: true,
    help: "serves a live page on 127.0.0.1; its address goes to standard error",
  },
  { name: "dry-run", help: "prints the calls, and runs nothing" },
];
