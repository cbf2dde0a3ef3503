/**
 * `isopool trace`: makes a page of the trace that `isopool map --trace` or `Pool.trace` has written.
 *
 * @module
 */
import { resolve } from "node:path";
import { traceHtml } from "../trace.ts";
import type { Arguments, Flag } from "./flags.ts";
import { UsageError } from "./usage_error.ts";
import { Writer } from "./writer.ts";

/** The flags. */
export const TRACE_FLAGS: readonly Flag[] = [
  { name: "html", value: "PAGE", help: "the file to write: one page, which needs no network" },
];

/** Runs the command. Returns its exit code. */
export async function runTrace(args: Arguments): Promise<number> {
  const [trace, ...others] = args.operands;
  const page = args.text("html");
  if (trace === undefined || others.length > 0 || page === undefined) {
    throw new UsageError("isopool trace needs one FILE and --html PAGE: isopool trace out.json --html page.html");
  }
  if (resolve(trace) === resolve(page)) {
    throw new UsageError(`--html is "${page}", the trace itself: give the page another name`);
  }
  const calls = await traceHtml(trace, page);
  const writer = new Writer(Deno.stdout);
  writer.add(`${page}: ${calls} calls\n`);
  await writer.flush();
  return 0;
}
