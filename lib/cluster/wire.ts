/**
 * What submitters and worker hosts exchange, and its form in Redis.
 *
 * ```
 * submitter                          Redis                                     worker host
 *   modules  -- set ---------------> contents by their hash -----------------> fetches and verifies (sent_modules.ts)
 *   calls    -- queue.add ---------> BullMQ job, data = JobData -------------> takes the job
 *            <---------------------- `progress` events, JobProgress <--------- progress, items of a stream; the job runs
 *            <---------------------- `completed`: packed result, or JobEnds
 *            <---------------------- `failed`: text of the error, then a packed JobFailure
 *   control  -- publish -----------> channel `control` ----------------------> cancel, kill, grant
 *               taken back --------> field of the job -----------------------> leaves these calls out (claim.ts)
 * ```
 *
 * A job carries one call, or a batch of short ones (call_batches.ts).
 *
 * @module
 */
import type { Source } from "../protocol/messages.ts";
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import type { Death, Hook } from "../transport/transport.ts";
import { type PackedValue, packThrown, unpack } from "./pack.ts";
import type { SentModules } from "./sent_modules.ts";

/** The options of a pool that each of its calls carries. A host has separate workers for each combination of them. */
export interface WorkerSpec {
  readonly initializer: Hook | undefined;
  readonly finalizer: Hook | undefined;
  readonly timeout: number | undefined;
  readonly memoryLimit: number | undefined;
  readonly maxTasks: number | undefined;
  readonly recycleAt: number | undefined;
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Data of a BullMQ job. */
export interface JobData {
  /** A packed {@linkcode JobTask}. */
  readonly task: string;
  /** Its calls: each a packed {@linkcode JobCall}. */
  readonly calls: readonly string[];
  /** The local modules of the task. Without them the host takes each module from its URL. */
  readonly modules?: SentModules;
  /** Seconds for which Redis keeps its end. */
  readonly retention: number;
}

/** What the calls of a task have in common. */
export interface JobTask {
  readonly source: Source;
  readonly spec: WorkerSpec;
  /** Maximum number of bytes that a result takes in Redis. */
  readonly sizeLimit: number;
}

/** A call. */
export interface JobCall {
  /** Number of its job in the pool, and its index in that: what it is the result of. */
  readonly call: readonly [job: number, index: number];
  /** The argument, or the argument list when `spread`. */
  readonly item: unknown;
  /** Whether errors may be in it, which travel as handles. */
  readonly handles: boolean;
  readonly spread: boolean;
  /** Time limit in milliseconds. The submitter enforces it; the host does where the submitter has gone. */
  readonly timeout: number | undefined;
  readonly hasLimit: boolean;
  readonly attempt: number;
  /** How many items may be yielded before a grant; `0` if the call does not stream. */
  readonly stream: number;
  /** The trace that the call belongs to (W3C Trace Context). */
  readonly traceparent: string | undefined;
}

/** How a call of a batch ended. The host has not started a `returned` one: its submitter sends it again, by itself. */
export type CallEnd = readonly [
  index: number,
  end: "result" | "failure" | "returned",
  /** What a job with one call has as its result or as the reason of its failure. */
  text: string,
];

/** Result of a job with a batch. */
export interface JobEnds {
  readonly ends: readonly CallEnd[];
}

/** Progress of a job. */
export interface JobProgress {
  /** What its calls report, in order: each with its index, a packed {@linkcode JobNews}. */
  readonly news: readonly (readonly [index: number, text: string])[];
  /** The calls of the batch that have ended so far. */
  readonly ends: readonly CallEnd[];
}

/** What a running call reports. */
export type JobNews =
  /** A call with a time limit was sent to its worker: its time counts from now on. */
  | { readonly kind: "started" }
  | { readonly kind: "progress"; readonly done: number; readonly total: number | undefined }
  | { readonly kind: "item"; readonly value: unknown; readonly errors: ErrorRecord[] | undefined };

/** The result of a call. */
export interface JobResult extends PackedValue {
  /** Milliseconds from when its worker was sent the call until that had answered. */
  readonly ms: number;
}

/** Why a call failed: what its task threw, or how its worker ended. */
export type JobFailure =
  | { readonly kind: "thrown"; readonly thrown: Thrown }
  | { readonly kind: "death"; readonly reason: Death["reason"]; readonly exitCode?: number; readonly cause: Thrown };

/** What a submitter asks of the host of a call. */
export type ControlRequest =
  /** `reason` is what the call throws then, a packed {@linkcode Thrown}. */
  | { readonly kind: "cancel"; readonly reason: string }
  | { readonly kind: "kill" }
  /** The number of items that the call may yield, all grants together. */
  | { readonly kind: "grant"; readonly total: number };

/** A control message: a request, and the {@linkcode callKey} of the call as `id`. */
export type Control = ControlRequest & { readonly id: string };

/** What names a call to its host: its job, and its index in that. */
export function callKey(jobId: string, index: number): string {
  return `${jobId}/${index}`;
}

/** Whether a call, by its {@linkcode callKey}, is of a job. */
export function isOf(jobId: string, key: string): boolean {
  return key.startsWith(`${jobId}/`);
}

/** The channel on which submitters control calls. */
export function controlChannel(prefix: string, queue: string): string {
  return `${prefix}:${queue}:isopool:control`;
}

/** The stream of what happened to the jobs of one pool, which hosts write. The ids of the jobs begin with `run`. */
export function eventsKey(queueKey: string, run: string): string {
  return `${queueKey}isopool:events:${run}`;
}

/** Bytes from which a packed value does not go through events: Redis keeps up to 10,000 of a pool, and as many of the queue. */
export const LARGE = 2 ** 14;

/** The result of a call whose packed result has a key of its own, {@linkcode resultKey}. */
export const HAS_KEY = "isopool:key";

/** The key of a large result. */
export function resultKey(jobKey: string, index: number): string {
  return `${jobKey}:isopool:result:${index}`;
}

// A failed job has one field for its reason. The text for people comes first.
const MARK = "\nisopool:";

/** Makes the reason of a failed job. */
export function failedReason(text: string, failure: JobFailure): string {
  const packed = failure.kind === "thrown"
    ? packThrown(failure.thrown, (thrown) => ({ ...failure, thrown }))
    : packThrown(failure.cause, (cause) => ({ ...failure, cause }));
  return `${text.replaceAll(MARK, " ")}${MARK}${packed}`;
}

/** Reads the reason of a failed job. BullMQ's own reasons mean that the host was lost. */
export function failureOf(reason: string): JobFailure {
  const at = reason.indexOf(MARK);
  if (at >= 0) return unpack(reason.slice(at + MARK.length));
  return { kind: "death", reason: "terminated", cause: { value: reason } };
}

/** The failure of a call of which Redis does not have something any more. */
export function vanished(what: string): JobFailure {
  return { kind: "death", reason: "terminated", cause: { value: `${what} vanished from Redis` } };
}
