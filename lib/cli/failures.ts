/**
 * Prints failures on standard error.
 *
 * @module
 */
import { IsopoolError, PermissionScopeError } from "../../mod.ts";
import { shown } from "./formats.ts";
import { tell } from "./writer.ts";

/** Longest item in a message, in characters. */
const MAX_ITEM = 80;

/** Prints that an item has failed, `isopool: item 3 (b.png): TypeError: ...`, and the line of the function that threw. */
export function reportFailure(seq: number, item: unknown, reason: unknown): void {
  tell(`isopool: item ${seq} (${shown(item, MAX_ITEM)}): ${failureText(reason)}${throwingLine(reason)}`);
}

// The stack of a task's error has the frames of the worker before "submitted:", which is a line of the command itself.
function throwingLine(reason: unknown): string {
  if (!(reason instanceof Error) || reason instanceof IsopoolError) return "";
  const [inWorker] = (reason.stack ?? "").split("\n  submitted:");
  const frame = inWorker.match(/^ +at .*(?:file|https?|data):.*$/m)?.[0].trim();
  return frame === undefined ? "" : `\n    ${frame}`;
}

/** Why a command could not be run: what was thrown, in the words of the command line. */
export function refusalText(reason: unknown): string {
  if (!(reason instanceof PermissionScopeError) || reason.flag !== "--unstable-worker-options") {
    return failureText(reason);
  }
  return "permissions of threads need Deno's flag --unstable-worker-options: give it after `deno run` or `deno install`, " +
    "or use --backend process";
}

/** What was thrown, without a stack. */
export function failureText(reason: unknown): string {
  if (!(reason instanceof Error)) return `thrown: ${Deno.inspect(reason)}`;
  const cause = reason.cause instanceof Error ? `: ${failureText(reason.cause)}` : "";
  // A module that cannot be loaded has the stack of the runtime in its message.
  const [message] = reason.message.split("\n    at ");
  return `${reason.name}: ${message}${message.includes(cause.slice(2)) ? "" : cause}`;
}
