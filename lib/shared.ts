/**
 * Numbers, arrays and locks in shared memory, without the pool: `@isopool/isopool/shared`.
 *
 * Every object here can be an argument, a result, or a part of either, at any depth; all copies are the same object.
 *
 * @example Count in two threads, lose nothing
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 * import { Counter } from "@isopool/isopool/shared";
 *
 * await using pool = new Pool(2);
 * const seen = new Counter();
 * await pool.map(inline((seen: Counter) => void seen.add(1)), [seen, seen, seen]);
 * assertEquals(seen.get(), 3);
 * ```
 *
 * @module
 */
export { IsopoolError } from "./core/base_error.ts";
export { BrokenBarrierError, LockAbandonedError, WaitTimeoutError } from "./core/errors.ts";
export { Barrier } from "./shared/barrier.ts";
export { BoundedSemaphore } from "./shared/bounded_semaphore.ts";
export { Condition, type ConditionOptions } from "./shared/condition.ts";
export { Counter } from "./shared/counter.ts";
export type { ElementOf, ValueType, ViewOf } from "./shared/element.ts";
export type { Guard } from "./shared/guard.ts";
export type { Handle, Shared } from "./shared/handle.ts";
export { Lock, type LockBlockOptions, type LockOptions } from "./shared/lock.ts";
export { type ReentrantGuard, RLock } from "./shared/rlock.ts";
export { Semaphore } from "./shared/semaphore.ts";
export { SharedArray } from "./shared/shared_array.ts";
export { SharedEvent } from "./shared/shared_event.ts";
export { Value } from "./shared/value.ts";
export type { BlockLimits, WaitLimits } from "./shared/waiting.ts";
