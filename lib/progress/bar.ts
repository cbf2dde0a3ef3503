/**
 * Formats progress as text, without any output.
 *
 * ```
 * [##########----------] 50/100 50% 12/s ETA 0:04      the total is known
 * 50 12/s 0:04                                         the total is unknown
 * pages [#####-----] 50/100 50% 12/s ETA 0:04          with a label
 * ```
 *
 * @module
 */
import { columnsOf, cutToColumns } from "./columns.ts";
import type { ProgressState } from "./sink.ts";

/** Maximum and minimum width of the bar between the brackets, in columns. */
const MAX_WIDTH = 40;
const MIN_WIDTH = 5;

/**
 * Formats a bar of at most `width` columns. It leaves out what does not fit, the least important first: the bar itself,
 * the time, the rate, the percentage, the failures.
 *
 * @param elapsed Milliseconds since the start.
 * @param ended Whether the map has ended: the time is then its duration, not an estimate.
 * @param label Text before the bar; it takes half of the width at most.
 */
export function drawBar(state: ProgressState, elapsed: number, width: number, ended = false, label = ""): string {
  const name = cutToColumns(label, Math.floor(width / 2) - 1);
  if (name === "") return drawPlainBar(state, elapsed, width, ended);
  return `${name} ${drawPlainBar(state, elapsed, width - columnsOf(name) - 1, ended)}`;
}

function drawPlainBar(state: ProgressState, elapsed: number, width: number, ended: boolean): string {
  const parts = format(state, elapsed, ended);
  const { total } = state;
  const available = width - parts.join(" ").length - 3;
  if (total !== undefined && available >= MIN_WIDTH) {
    const inner = Math.min(MAX_WIDTH, available);
    // Rounded down: the bar is full only when all items are done.
    const full = Math.floor(inner * doneFraction(state.done, total));
    return `[${"#".repeat(full)}${"-".repeat(inner - full)}] ${parts.join(" ")}`;
  }
  // The least important part is last.
  while (parts.length > 1 && parts.join(" ").length > width) parts.pop();
  return parts.join(" ").slice(0, Math.max(0, width));
}

/** Formats progress as a line of a log. */
export function drawLine(state: ProgressState, elapsed: number, ended = false, label = ""): string {
  const parts = format(state, elapsed, ended);
  if (label !== "") parts.unshift(label);
  return parts.join(" ");
}

function format({ done, failed, total }: ProgressState, elapsed: number, ended: boolean): string[] {
  const parts = [total === undefined ? `${done}` : `${done}/${total}`];
  if (failed > 0) parts.push(`(${failed} failed)`);
  if (total !== undefined) parts.push(`${Math.floor(100 * doneFraction(done, total))}%`);
  const rate = elapsed > 0 ? done / elapsed : 0;
  if (rate > 0) parts.push(`${formatCount(rate * 1_000)}/s`);
  if (ended || total === undefined) parts.push(formatTime(elapsed));
  else if (rate > 0 && done < total) parts.push(`ETA ${formatTime((total - done) / rate)}`);
  return parts;
}

function doneFraction(done: number, total: number): number {
  return done >= total ? 1 : done / total;
}

function formatCount(n: number): string {
  if (n < 10) return n.toFixed(1);
  if (n < 10_000) return n.toFixed(0);
  for (const unit of ["k", "M", "G"]) {
    n /= 1_000;
    if (n < 10_000) return n.toFixed(0) + unit;
  }
  return n.toExponential(0);
}

/** Formats a time as minutes and seconds, or as hours. */
export function formatTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const pad = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  if (hours > 99) return ">99h";
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
