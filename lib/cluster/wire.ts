/**
 * What submitters and worker hosts exchange, and its form in Redis.
 *
 * ```
 * submitter                          Redis                                     worker host
 *   call     -- queue.add ---------> BullMQ job, data = packed JobRequest ---> takes the job: `active`
 *            <---------------------- `progress` events, packed JobNews <------ progress, items of a stream
 *            <---------------------- `completed`: packed result
 *            <---------------------- `failed`: text of the error, then a packed JobFailure
 *   control  -- publish -----------> channel `control` ----------------------> cancel, kill, grant
 *               set ---------------> the call's claim <----------------------- set before it starts, if nobody has
 * ```
 *
 * Values are packed as the frames of protocol/frames.ts, which keep BigInts, dates, maps, typed arrays and errors, in
 * base64, because BullMQ's fields are text.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { encodeFrame, FrameReader } from "../protocol/frames.ts";
import type { Source } from "../protocol/messages.ts";
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import type { Death, Hook } from "../transport/transport.ts";

/** The part of a pool's options that its calls take with them: hosts keep workers for each that differs. */
export interface WorkerSpec {
  readonly initializer: Hook | undefined;
  readonly finalizer: Hook | undefined;
  readonly timeout: number | undefined;
  readonly memoryLimit: number | undefined;
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** A call. */
export interface JobRequest {
  readonly source: Source;
  /** The argument, or the argument list when `spread`. */
  readonly item: unknown;
  readonly spread: boolean;
  /** Time limit in milliseconds. The submitter enforces it; the host does where the submitter has gone. */
  readonly timeout: number | undefined;
  readonly hasLimit: boolean;
  readonly attempt: number;
  /** How many items may be yielded before a grant; `0` if the call does not stream. */
  readonly stream: number;
  /** The trace that the call belongs to (W3C Trace Context). */
  readonly traceparent: string | undefined;
  readonly spec: WorkerSpec;
}

/** What a running call reports. */
export type JobNews =
  | { readonly kind: "progress"; readonly done: number; readonly total: number | undefined }
  | { readonly kind: "item"; readonly value: unknown; readonly errors: ErrorRecord[] | undefined };

/** The result of a call. */
export interface JobResult {
  readonly value: unknown;
  readonly errors: ErrorRecord[] | undefined;
}

/** Why a call failed: what its task threw, or how its worker ended. */
export type JobFailure =
  | { readonly kind: "thrown"; readonly thrown: Thrown }
  | { readonly kind: "death"; readonly reason: Death["reason"]; readonly exitCode?: number; readonly cause: Thrown };

/** What a submitter tells the host that runs a call. */
export type Control =
  | { readonly kind: "cancel"; readonly id: string; readonly reason: string }
  | { readonly kind: "kill"; readonly id: string }
  /** The number of items that the call may yield, all grants together. */
  | { readonly kind: "grant"; readonly id: string; readonly total: number };

/** Seconds for which Redis keeps the end of a call that nobody has read, and its claim. */
export const KEEP_SECONDS = 3_600;

/** The channel on which submitters control calls. */
export function controlChannel(prefix: string, queue: string): string {
  return `${prefix}:${queue}:isopool:control`;
}

/**
 * The key of a call's claim. A host sets it before it starts the call, and the submitter when it gives the call up: whoever
 * comes second leaves the call alone. So a call starts once at most, also when BullMQ hands it to a second host.
 */
export function claimKey(prefix: string, queue: string, id: string): string {
  return `${prefix}:${queue}:isopool:claim:${id}`;
}

/**
 * Packs a message as text.
 *
 * @throws If something in it cannot be copied or cannot reach another process.
 */
export function pack(message: object): string {
  return encodeFrame(message).map((part) => Buffer.from(part).toString("base64")).join(" ");
}

/** Reads a packed message. */
export function unpack<T>(text: string): T {
  let found: unknown;
  const reader = new FrameReader((message) => found = message);
  for (const part of text.split(" ")) reader.push(Buffer.from(part, "base64"));
  if (found === undefined) throw new TypeError("a packed message is not whole");
  return found as T;
}

// A failed job has one field for its reason. The text for people comes first.
const MARK = "\nisopool:";

/** Makes the reason of a failed job. */
export function failedReason(text: string, failure: JobFailure): string {
  return `${text.replaceAll(MARK, " ")}${MARK}${pack(failure)}`;
}

/** Reads the reason of a failed job. BullMQ's own reasons mean that the host was lost. */
export function failureOf(reason: string): JobFailure {
  const at = reason.indexOf(MARK);
  if (at >= 0) return unpack(reason.slice(at + MARK.length));
  return { kind: "death", reason: "terminated", cause: { value: reason } };
}
