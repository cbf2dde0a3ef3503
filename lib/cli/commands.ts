/**
 * The commands. A new one is a line here and a file beside it.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { MAP_FLAGS } from "./map_flags.ts";
import { runMap } from "./map.ts";

/** Every command. */
export const COMMANDS: readonly Command[] = [
  {
    name: "map",
    summary: "runs an export of a module on every item of the input",
    usage: "isopool map MODULE EXPORT [FILE...] [options] [::: VALUE...]",
    details: [
      "Items come from the files, else from standard input. The function gets one item, and what it returns is written.",
      "What it prints goes to standard error. Items are values: no shell reads them.",
      "Exit code: 0; 1 to 100, the number of items that failed; 101, more; 255, a wrong command line, input or output.",
    ],
    examples: [
      ["hash the lines of a file on every core", "isopool map hash.ts sha256 urls.txt > hashes.jsonl"],
      ["names with odd characters, results in order", "find . -type f -print0 | isopool map -0k image.ts size"],
      ["numbers, not text", "isopool map primes.ts isPrime --from jsonl ::: 7 9 11"],
      [
        "a time limit, two more attempts, a log",
        "isopool map page.ts load urls.txt --timeout 5s --retries 2 --joblog log",
      ],
      ["blocks of a large file", "isopool map words.ts count --pipe --block 4M corpus.txt"],
    ],
    flags: MAP_FLAGS,
    run: runMap,
  },
];
