/**
 * What a contestant gives to the workloads. What it cannot do is left out.
 *
 * @module
 */

/**
 * A pool, as the workloads use it.
 * @typedef {object} Pool
 * @property {(arg: unknown) => PromiseLike<unknown>} run One call of the task that the pool was opened for.
 * @property {(arg: Uint8Array) => PromiseLike<unknown>} [move] One call whose bytes are transferred.
 * @property {(arg: Uint8Array) => PromiseLike<Uint8Array>} [bounce] The same, and they are transferred back.
 * @property {(items: unknown[], chunkSize?: number) => PromiseLike<unknown[]>} [map] The task on each item.
 * @property {(items: unknown[], buffer?: number) => AsyncIterable<unknown>} [imap] The same, read one by
 *   one; at most so many ahead.
 * @property {(arg: unknown) => AsyncIterable<unknown>} [stream] One call that yields.
 * @property {(arg: unknown) => { stop(): PromiseLike<unknown> }} [stoppable] A call that can be stopped.
 * @property {() => unknown} close Ends it.
 *
 * When something began and ended, in milliseconds since the epoch, on the clock of whoever did it.
 * @typedef {[begin: number, end: number]} Interval
 *
 * Threads that share memory or messages.
 * @typedef {object} Threads
 * @property {(count: number) => Promise<Interval[]>} run One entry a thread. Operations: each does so many. Channels: one
 *   puts so many, the other one gets them.
 * @property {() => unknown} close Ends them.
 *
 * @typedef {object} Adapter
 * @property {(workers: number, task: string) => Pool | Promise<Pool>} [open]
 * @property {(items: number[], fn: (item: number) => Promise<number>, limit: number, option: string) =>
 *   PromiseLike<unknown[]>} [limit] Runs an asynchronous function on each item, so many at a time.
 * @property {(operation: string, threads: number) => Threads | Promise<Threads>} [operate] What `tasks/` calls
 *   an operation, in so many threads at once.
 * @property {(payload: string) => Threads | Promise<Threads>} [channel] From one thread to another one.
 * @property {(value: unknown, option: string) => unknown} [envelope] A value there and back.
 * @property {() => PromiseLike<unknown>} [load] Loads the module.
 *
 * @typedef {{ budget: number, scale: number }} Round Milliseconds of work; which share of the full size, up to 1.
 * @typedef {{ value: number, count: number, each?: number[], notes?: Record<string, number> }} Answer
 * @typedef {{ round(round: Round): Answer | Promise<Answer>, close(): unknown }} Workload
 * @typedef {(adapter: Adapter, parameter: string) => Workload | Promise<Workload>} MakeWorkload
 */

/** Why a contestant does not take part. */
export class Unavailable extends Error {}

/**
 * @template T
 * @param {T | undefined} ability
 * @param {string} otherwise
 * @returns {T}
 */
export function needed(ability, otherwise) {
  if (ability === undefined) throw new Unavailable(otherwise);
  return ability;
}
