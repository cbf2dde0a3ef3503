/**
 * What submitters and worker hosts exchange, and its form in Redis.
 *
 * ```
 * submitter                          Redis                                     worker host
 *   modules  -- set ---------------> contents by their hash -----------------> fetches and verifies (sent_modules.ts)
 *   call     -- queue.add ---------> BullMQ job, data = JobData -------------> takes the job: `active`
 *            <---------------------- `progress` events, packed JobNews <------ progress, items of a stream
 *            <---------------------- `completed`: packed result
 *            <---------------------- `failed`: text of the error, then a packed JobFailure
 *   control  -- publish -----------> channel `control` ----------------------> cancel, kill, grant
 *               claim -------------> field of the job <----------------------- claimed before it starts
 * ```
 *
 * Values are packed as the frames of protocol/frames.ts, which keep BigInts, dates, maps, typed arrays and errors, in
 * base64, because BullMQ's fields are text.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Promise } from "../core/platform.ts";
import { encodeFrame, FrameReader } from "../protocol/frames.ts";
import { transferError } from "../protocol/snapshot.ts";
import type { Source } from "../protocol/messages.ts";
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import type { Death, Hook } from "../transport/transport.ts";
import type { Redis } from "./packages.ts";
import type { SentModules } from "./sent_modules.ts";

/** The options of a pool that each of its calls carries. A host has separate workers for each combination of them. */
export interface WorkerSpec {
  readonly initializer: Hook | undefined;
  readonly finalizer: Hook | undefined;
  readonly timeout: number | undefined;
  readonly memoryLimit: number | undefined;
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Data of a BullMQ job. */
export interface JobData {
  /** A packed {@linkcode JobRequest}. */
  readonly request: string;
  /** The local modules of the call. Without them the host takes each module from its URL. */
  readonly modules?: SentModules;
  /** Seconds for which Redis keeps its end. */
  readonly retention: number;
}

/** A call. */
export interface JobRequest {
  /** Number of its job in the pool, and its index in that: what it is the result of. */
  readonly call: readonly [job: number, index: number];
  readonly source: Source;
  /** The argument, or the argument list when `spread`. */
  readonly item: unknown;
  /** Whether errors may be in it, which travel as handles. */
  readonly handles: boolean;
  readonly spread: boolean;
  /** Time limit in milliseconds. The submitter enforces it; the host does where the submitter has gone. */
  readonly timeout: number | undefined;
  readonly hasLimit: boolean;
  /** Maximum number of bytes that its result takes in Redis. */
  readonly sizeLimit: number;
  readonly attempt: number;
  /** How many items may be yielded before a grant; `0` if the call does not stream. */
  readonly stream: number;
  /** The trace that the call belongs to (W3C Trace Context). */
  readonly traceparent: string | undefined;
  readonly spec: WorkerSpec;
}

/** What a running call reports. */
export type JobNews =
  /** A call with a time limit was sent to its worker: its time counts from now on. */
  | { readonly kind: "started" }
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

/** A message of a submitter to the host that runs a call. */
export type Control =
  | { readonly kind: "cancel"; readonly id: string; readonly reason: string }
  | { readonly kind: "kill"; readonly id: string }
  /** The number of items that the call may yield, all grants together. */
  | { readonly kind: "grant"; readonly id: string; readonly total: number };

/** The channel on which submitters control calls. */
export function controlChannel(prefix: string, queue: string): string {
  return `${prefix}:${queue}:isopool:control`;
}

/**
 * Bytes of a packed value from which on it does not go through the events of the queue, which every pool reads and of which
 * Redis keeps 10,000.
 */
export const LARGE = 2 ** 14;

/** The result of a job whose packed result has a key of its own, {@linkcode resultKey}. */
export const HAS_KEY = "isopool:key";

/** The key of a large result. */
export function resultKey(jobKey: string): string {
  return `${jobKey}:isopool:result`;
}

// It lives as long as the job, which a lost host may bring back after hours.
const CLAIM = `
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
return redis.call("HSETNX", KEYS[1], "isopool:claim", ARGV[1])`;

/**
 * Claims a call: a host before it starts the call, and the submitter when it gives the call up. Who comes second leaves the
 * call alone. So a call starts once at most, also when BullMQ hands it to a second host.
 *
 * @param jobKey The key of its job.
 * @returns Whether it was claimed now. A job that is not there cannot be.
 */
export async function claim(client: Redis, jobKey: string, by: "host" | "submitter"): Promise<boolean> {
  return await client.eval(CLAIM, 1, jobKey, by) === 1;
}

/**
 * Packs a message as text.
 *
 * @throws If something in it cannot be copied or cannot reach another process.
 */
export function pack(message: object): string {
  return encodeFrame(message).map((part) => Buffer.from(part).toString("base64")).join(" ");
}

/**
 * Packs a call.
 *
 * @throws {RangeError} If it takes more than its `sizeLimit` in Redis.
 */
export function packRequest(request: JobRequest): string {
  return packWithin(request.sizeLimit, request, "call");
}

/**
 * Packs a result.
 *
 * @throws {TransferError} If it cannot be copied, or takes more than `sizeLimit` bytes in Redis.
 */
export function packResult(result: JobResult, sizeLimit: number): string {
  try {
    return packWithin(sizeLimit, result, "result");
  } catch (cause) {
    throw transferError(result.value, "result", "result", cause);
  }
}

function packWithin(sizeLimit: number, message: object, what: string): string {
  const text = pack(message);
  if (text.length <= sizeLimit) return text;
  throw new RangeError(
    `a ${what} of ${text.length} bytes is larger than the \`sizeLimit\` ${sizeLimit} of the cluster: let files or a database ` +
      "carry it, or raise the limit",
  );
}

/** Reads a packed message. */
export function unpack<T>(text: string): T {
  let found: unknown;
  const reader = new FrameReader((message) => found = message);
  for (const part of text.split(" ")) reader.push(Buffer.from(part, "base64"));
  if (found === undefined) throw new TypeError("Cannot read message of the cluster: it is incomplete");
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
