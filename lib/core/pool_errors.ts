/**
 * Errors of a pool as a whole, of stages and of checkpoints. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError, optionsOf } from "./base_error.ts";
import { shorten } from "./shorten.ts";

/**
 * The pool is broken and runs no more tasks; `cause` is the reason, for example a failed initializer.
 *
 * @example Read the cause
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BrokenPoolError } from "@isopool/isopool";
 *
 * const error = new BrokenPoolError("Cannot submit task: pool is broken", { cause: "initializer failed" });
 * assertEquals(error.cause, "initializer failed");
 * ```
 */
export class BrokenPoolError extends IsopoolError {
  /** @ignore */
  override name = "BrokenPoolError";
}

/**
 * The pool is closed or terminated, so it takes no more tasks.
 *
 * @example Submit to a closed pool
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Pool, PoolClosedError } from "@isopool/isopool";
 *
 * const pool = new Pool({ backend: "async" });
 * pool.close();
 * assertThrows(() => pool.submit(() => 1), PoolClosedError);
 * await pool.join();
 * ```
 */
export class PoolClosedError extends IsopoolError {
  /** @ignore */
  override name = "PoolClosedError";
}

/**
 * The pool already has `maxQueue` waiting calls. The refused call has had no effect: values to be moved were not moved.
 *
 * @example Wait for room instead
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { Pool, QueueFullError } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async", workers: 1, maxQueue: 1 });
 * const echo = async (n: number) => await n;
 * const futures = [pool.submit(echo, 1), pool.submit(echo, 2)];
 * assertThrows(() => pool.submit(echo, 3), QueueFullError);
 * await pool.room();
 * futures.push(pool.submit(echo, 3));
 * assertEquals(await Promise.all(futures), [1, 2, 3]);
 * ```
 */
export class QueueFullError extends IsopoolError {
  /** @ignore */
  override name = "QueueFullError";
}

/**
 * The pool cannot give its workers the permissions in its options: they are wider than the script's own, or the script
 * lacks a flag that permissions of workers need. The message says which flag to add, and where.
 *
 * @example Read the flag to add
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PermissionScopeError } from "@isopool/isopool";
 *
 * const error = new PermissionScopeError("Cannot create pool", { flag: "--allow-read=/data" });
 * assertEquals(error.flag, "--allow-read=/data");
 * ```
 */
export class PermissionScopeError extends IsopoolError {
  /** @ignore */
  override name = "PermissionScopeError";
  /** The flag to start the script with; where it lacks two, both with a space between. */
  readonly flag: string;

  /** Creates the error for what is missing. */
  constructor(message: string, options: ErrorOptions & { flag: string }) {
    super(message, options);
    this.flag = optionsOf(options).flag;
  }
}

/**
 * Redis cannot be reached, or a worker host refuses a task. `cause` is the reason, if there is one.
 *
 * @example Tell it from the failures of tasks
 * ```ts
 * import { assert } from "@std/assert";
 * import { ClusterError, IsopoolError } from "@isopool/isopool";
 *
 * assert(new ClusterError("Cannot reach Redis at localhost:6379") instanceof IsopoolError);
 * ```
 */
export class ClusterError extends IsopoolError {
  /** @ignore */
  override name = "ClusterError";
}

/**
 * An item failed in a stage of `stages()`. The `cause` is what the stage's function threw, unchanged.
 *
 * @example Find the stage and the item
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { StageError, stages } from "@isopool/isopool";
 *
 * const parse = (text: string) => JSON.parse(text);
 * const error = await assertRejects(() => stages(["1", "{"]).io((text) => text).io(parse).drain(), StageError);
 * assertEquals([error.stage, error.function, error.item], [2, "parse", "{"]);
 * ```
 */
export class StageError extends IsopoolError {
  /** @ignore */
  override name = "StageError";
  /** Position of the stage, from 1. */
  readonly stage: number;
  /** Name of the stage's function or task. */
  readonly function: string;
  /** What the stage was given. */
  readonly item: unknown;

  /** Creates the error of a stage from its position, its function's name and its item. */
  constructor(message: string, options: ErrorOptions & { stage: number; function: string; item: unknown }) {
    super(message, options);
    const given = optionsOf(options);
    this.stage = given.stage;
    this.function = given.function;
    this.item = given.item;
  }
}

/** Makes the error of stage `stage`, whose `fn` failed on `item` with `cause`. */
export function stageError(stage: number, fn: string, item: unknown, cause: unknown): StageError {
  const why = cause instanceof Error ? cause.message : shorten(cause);
  return new StageError(`Stage ${stage} (${fn}) failed on ${shorten(item)}: ${why}`, {
    stage,
    function: fn,
    item,
    cause,
  });
}

/**
 * A map cannot use its checkpoint: the file cannot be opened (`cause` says why), another run has it, it is no checkpoint,
 * or with `onChange: "refuse"` the code or an item has changed. The file is as it was.
 *
 * @example Refuse the results of older code
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { CheckpointError, pooled } from "@isopool/isopool";
 *
 * const checkpoint = { path: await Deno.makeTempFile(), onChange: "refuse" } as const;
 * assertEquals(await pooled([1, 2], (n) => n * 2, { checkpoint }), [2, 4]);
 * await assertRejects(() => pooled([1, 2], (n) => n * 3, { checkpoint }).then(), CheckpointError);
 * await Deno.remove(checkpoint.path);
 * ```
 */
export class CheckpointError extends IsopoolError {
  /** @ignore */
  override name = "CheckpointError";
}
