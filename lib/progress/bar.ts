/**
 * How progress looks: text from numbers, and nothing else.
 *
 * ```
 * [##########----------] 50/100 50% 12/s ETA 0:04      the total is known
 * 50 12/s 0:04                                         it is not
 * ```
 *
 * @module
 */
import type { ProgressState } from "./sink.ts";

/** Widest and narrowest bar between the brackets, in columns. */
const WIDEST = 40;
const NARROWEST = 5;

/**
 * Draws a bar of at most `width` columns. What does not fit is left out, the least important first: the bar itself, the
 * time, the rate, the percentage, and the failures.
 *
 * @param elapsed Milliseconds since the start.
 * @param ended Whether nothing runs any more: the time is then the one that it took.
 */
export function drawBar(state: ProgressState, elapsed: number, width: number, ended = false): string {
  const parts = describe(state, elapsed, ended);
  const { total } = state;
  const room = width - parts.join(" ").length - 3;
  if (total !== undefined && room >= NARROWEST) {
    const inner = Math.min(WIDEST, room);
    // Full only when all is done.
    const full = Math.floor(inner * share(state.done, total));
    return `[${"#".repeat(full)}${"-".repeat(inner - full)}] ${parts.join(" ")}`;
  }
  // The count and the failures stand where they are; the time and the rate are last.
  while (parts.length > 1 && parts.join(" ").length > width) parts.pop();
  return parts.join(" ").slice(0, Math.max(0, width));
}

/** The same as a line of a log. */
export function drawLine(state: ProgressState, elapsed: number, ended = false): string {
  return describe(state, elapsed, ended).join(" ");
}

function describe({ done, failed, total }: ProgressState, elapsed: number, ended: boolean): string[] {
  const parts = [total === undefined ? `${done}` : `${done}/${total}`];
  if (failed > 0) parts.push(`(${failed} failed)`);
  if (total !== undefined) parts.push(`${Math.floor(100 * share(done, total))}%`);
  const rate = elapsed > 0 ? done / elapsed : 0;
  if (rate > 0) parts.push(`${short(rate * 1_000)}/s`);
  if (ended || total === undefined) parts.push(clock(elapsed));
  else if (rate > 0 && done < total) parts.push(`ETA ${clock((total - done) / rate)}`);
  return parts;
}

function share(done: number, total: number): number {
  return done >= total ? 1 : done / total;
}

function short(n: number): string {
  if (n < 10) return n.toFixed(1);
  if (n < 10_000) return n.toFixed(0);
  for (const unit of ["k", "M", "G"]) {
    n /= 1_000;
    if (n < 10_000) return n.toFixed(0) + unit;
  }
  return n.toExponential(0);
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  if (hours > 99) return ">99h";
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
