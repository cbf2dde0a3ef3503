/**
 * Opens the progress of a map.
 *
 * ```
 * map, pooled() -> Tally -> ProgressSink: TerminalBar | ProgressLines | the caller's
 * ```
 *
 * @module
 */
import { scope } from "../core/isolate_state.ts";
import { bad, integer } from "../core/validate.ts";
import { ProgressLines } from "./lines.ts";
import type { ProgressSink } from "./sink.ts";
import { ProgressCounter, sizeOf } from "./counter.ts";
import { TerminalBar } from "./terminal_bar.ts";

/** What a caller says about progress. */
export interface ProgressOptions {
  /**
   * Where progress is shown. `true`: as a bar on stderr if that is a terminal, else as a line at most every 5 s and one
   * at the end; in a worker always as lines. Or a sink of your own.
   *
   * @default {false}
   */
  progress?: boolean | ProgressSink;
  /** Items in all, for progress. @default {the length or size of the input, where it has one} */
  total?: number;
}

/** Checks the options; `undefined` when nothing is to be told. The last step of a call: what is opened is to be ended. */
export function openProgress(call: string, options: ProgressOptions, items: unknown): ProgressCounter | undefined {
  const total = options.total === undefined ? sizeOf(items) : integer(call, "total", options.total, 0);
  const sink = openSink(call, options.progress);
  return sink && new ProgressCounter(sink, total);
}

function openSink(call: string, option: boolean | ProgressSink | undefined): ProgressSink | undefined {
  if (option === undefined || option === false) return undefined;
  // Of two threads with a bar, each would draw over the other's.
  if (option === true) return scope.depth === 0 && Deno.stderr.isTerminal() ? new TerminalBar() : new ProgressLines();
  if (typeof option === "object" && typeof option?.update === "function" && typeof option.end === "function") {
    return option;
  }
  throw bad(call, "progress", option, "true or a ProgressSink", false);
}
