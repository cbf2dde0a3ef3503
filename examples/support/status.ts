/**
 * Shows progress: one line that changes on a terminal, plain lines elsewhere.
 *
 * @module
 */
const terminal = Deno.stderr.isTerminal();
const encoder = new TextEncoder();

/** Replaces the progress line, on a terminal only. */
export function status(text: string): void {
  if (terminal) Deno.stderr.writeSync(encoder.encode(`\r\x1b[2K${text}`));
}

/** Replaces the progress line on a terminal; prints a line elsewhere. */
export function milestone(text: string): void {
  if (terminal) status(text);
  else console.error(text);
}

/** Draws a bar for a share from 0 to 1. */
export function bar(share: number, width = 24): string {
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
