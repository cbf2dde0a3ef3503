/**
 * The commands. A new one is a line here and a file beside it.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { MAP_FLAGS } from "./map_flags.ts";
import { runCompletions } from "./completions.ts";
import { runDoctor } from "./doctor.ts";
import { runMap } from "./map.ts";
import { RUN_FLAGS, runOnce } from "./run.ts";
import { runTrace, TRACE_FLAGS } from "./trace.ts";
import { runTune, TUNE_FLAGS } from "./tune.ts";
import { HOST_FLAGS, runWorker } from "./worker.ts";

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
  {
    name: "run",
    summary: "runs an export of a module once, on a worker",
    usage: "isopool run MODULE EXPORT [ARGUMENT...] [options]",
    details: ["The function gets the arguments. Exit code: 0; 1, it has failed; 255, a wrong command line."],
    examples: [
      ["a time limit for a function that may not end", "isopool run report.ts build 2026-11 --timeout 1m"],
      ["arguments that are no text", "isopool run primes.ts count --json 1 1000000"],
      ["the items of a generator, as they come", "isopool run logs.ts errors app.log --stream"],
      ["code that you do not trust", "isopool run plugin.ts main --backend process --deny-net --deny-run --deny-write"],
    ],
    flags: RUN_FLAGS,
    run: runOnce,
  },
  {
    name: "tune",
    summary: "measures how many workers are best for an export of a module",
    usage: "isopool tune MODULE EXPORT [FILE...] [options] [::: VALUE...]",
    details: ["It runs the function on up to 1,000 items again and again, with 1, 2, 4, ... workers."],
    examples: [["before a long run", "head urls.txt | isopool tune page.ts load --most 64"]],
    flags: TUNE_FLAGS,
    run: runTune,
  },
  {
    name: "trace",
    summary: "makes a page of a trace, to look at in a browser",
    usage: "isopool trace FILE --html PAGE",
    details: [
      "The trace is a file of isopool map --trace, or of Pool.trace: a lane for each worker, a box for each call.",
    ],
    examples: [["after isopool map ... --trace out.json", "isopool trace out.json --html page.html"]],
    flags: TRACE_FLAGS,
    run: runTrace,
  },
  {
    name: "worker",
    summary: "runs the calls that pools with backend cluster() put into a queue",
    usage: "isopool worker --redis URL --queue NAME [options]",
    details: [
      "It runs until SIGINT or SIGTERM: the first lets the calls that run end, the second ends at once.",
      "Whoever may write to this Redis can run code here: see docs/cluster.md.",
    ],
    examples: [
      ["four calls at a time", "isopool worker --redis redis://queue.example.com --queue thumbnails -j 4"],
      [
        "one module, nothing else",
        "isopool worker --redis redis://localhost --queue q --modules https://example.com/tasks.ts",
      ],
      ["with a Redis of its own, to try it", "isopool worker --dev --redis redis://127.0.0.1:6379 --queue q"],
    ],
    flags: HOST_FLAGS,
    run: runWorker,
  },
  {
    name: "doctor",
    summary: "tries what this machine and this runtime let the library do",
    usage: "isopool doctor",
    details: ["Exit code: 0, all is well; 1, a line says FAIL."],
    examples: [["when something does not work", "isopool doctor"]],
    flags: [],
    run: runDoctor,
  },
  {
    name: "completions",
    summary: "writes the script by which a shell completes commands and options",
    usage: "isopool completions bash|zsh|fish",
    details: [],
    examples: [
      ["bash", "isopool completions bash > ~/.local/share/bash-completion/completions/isopool"],
      ["zsh", "isopool completions zsh > ~/.zfunc/_isopool"],
      ["fish", "isopool completions fish > ~/.config/fish/completions/isopool.fish"],
    ],
    flags: [],
    run: (args) => runCompletions(args, COMMANDS),
  },
];
