/**
 * The progress options of a map, and the sink that they choose.
 *
 * ```
 * map, pooled() -> ProgressCounter <- read by a Display: TerminalBar | ProgressLines
 *                                  -> ProgressSink: the caller's, called for each item
 * ```
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { isolateState } from "../core/isolate_state.ts";
import { badOption, callback, integer } from "../core/validate.ts";
import { hasControl } from "./columns.ts";
import { ProgressLines } from "./lines.ts";
import type { ProgressSink } from "./sink.ts";
import { type Display, ProgressCounter, sizeOf } from "./counter.ts";
import { TerminalBar } from "./terminal_bar.ts";

/** Options of progress. */
export interface ProgressOptions {
  /**
   * Where progress is shown. `true` shows a bar on stderr if that is a terminal, else a line at most every 5 s and one at
   * the end; a worker always writes lines. Maps that run at the same time have a bar each. Below the bar stand the items
   * whose task reports `context.progress`, and the item that has run longest, if that is more than a second. Or pass a sink
   * of your own, which costs one call for each item; the bar only counts them.
   *
   * @default {false}
   */
  progress?: boolean | ProgressSink;
  /**
   * Name of the work, shown before the bar or in the line of `progress: true`. It has no line breaks and no other control
   * characters; what takes more than half of the terminal's width is cut off.
   *
   * @default {""}
   */
  label?: string;
  /** Number of items, for progress. @default {the length or size of the input, if it has one} */
  total?: number;
}

/**
 * Checks the options and creates the counter; `undefined` without progress. It is the last step of a call: the caller must
 * end an open counter, so no later check may throw.
 */
export function openProgress(call: string, options: ProgressOptions, items: unknown): ProgressCounter | undefined {
  const total = options.total === undefined ? sizeOf(items) : integer(call, "total", options.total, 0);
  const target = openTarget(call, options.progress, checkLabel(call, options.label));
  return target && new ProgressCounter(target, total);
}

function openTarget(
  call: string,
  option: boolean | ProgressSink | undefined,
  label: string,
): { sink: ProgressSink } | { display: Display } | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return { display: hasTerminal() ? new TerminalBar(label) : new ProgressLines(label) };
  if (isSink(option)) {
    callback(call, "progress.item", option.item);
    const context = new AsyncContext();
    const sink: ProgressSink = {
      item: option.item && ((item) => context.run(() => option.item?.(item))),
      update: (state) => context.run(() => option.update(state)),
      end: (state) => context.run(() => option.end(state)),
    };
    return { sink };
  }
  throw badOption(call, "progress", option, "true or a ProgressSink", false);
}

function isSink(option: unknown): option is ProgressSink {
  try {
    const sink = option as ProgressSink | null;
    return typeof sink === "object" && typeof sink?.update === "function" && typeof sink.end === "function";
  } catch {
    return false; // a revoked proxy
  }
}

// Only the main thread draws a bar: the bars of two threads would overwrite each other.
function hasTerminal(): boolean {
  try {
    return isolateState.depth === 0 && Deno.stderr.isTerminal();
  } catch {
    return false; // stderr is closed
  }
}

function checkLabel(call: string, label: unknown = ""): string {
  if (typeof label !== "string" || hasControl(label)) {
    throw badOption(call, "label", label, "text without line breaks and control characters", typeof label === "string");
  }
  return label;
}
