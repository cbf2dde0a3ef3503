/**
 * The progress options of a map, and the sink that they choose.
 *
 * ```
 * map, pooled() -> ProgressCounter -> ProgressSink: TerminalBar | ProgressLines | the caller's sink
 * ```
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { scope } from "../core/isolate_state.ts";
import { bad, integer } from "../core/validate.ts";
import { ProgressLines } from "./lines.ts";
import type { ProgressSink } from "./sink.ts";
import { ProgressCounter, sizeOf } from "./counter.ts";
import { TerminalBar } from "./terminal_bar.ts";

/** Options of progress. */
export interface ProgressOptions {
  /**
   * Where progress is shown. `true` shows a bar on stderr if that is a terminal, else a line at most every 5 s and one at
   * the end; a worker always writes lines. Or pass a sink of your own. It costs one call of the sink for each item.
   *
   * @default {false}
   */
  progress?: boolean | ProgressSink;
  /** Number of items, for progress. @default {the length or size of the input, if it has one} */
  total?: number;
}

/**
 * Checks the options and creates the counter; `undefined` without progress. It is the last step of a call: the caller must
 * end an open counter, so no later check may throw.
 */
export function openProgress(call: string, options: ProgressOptions, items: unknown): ProgressCounter | undefined {
  const total = options.total === undefined ? sizeOf(items) : integer(call, "total", options.total, 0);
  const sink = openSink(call, options.progress);
  return sink && new ProgressCounter(sink, total);
}

function openSink(call: string, option: boolean | ProgressSink | undefined): ProgressSink | undefined {
  if (option === undefined || option === false) return undefined;
  // Only the main thread draws a bar: the bars of two threads would overwrite each other.
  if (option === true) return scope.depth === 0 && Deno.stderr.isTerminal() ? new TerminalBar() : new ProgressLines();
  if (typeof option === "object" && typeof option?.update === "function" && typeof option.end === "function") {
    const context = new AsyncContext();
    return {
      update: (state) => context.run(() => option.update(state)),
      end: (state) => context.run(() => option.end(state)),
    };
  }
  throw bad(call, "progress", option, "true or a ProgressSink", false);
}
