/**
 * The interface between contestants and workloads. A contestant leaves out what it cannot do.
 *
 * @module
 */

/**
 * A pool, as the workloads use it.
 * @typedef {object} Pool
 * @property {(arg: unknown) => PromiseLike<unknown>} run Runs one call of the task that the pool was opened for.
 * @property {(arg: Uint8Array) => PromiseLike<unknown>} [move] Runs one call whose bytes are transferred.
 * @property {(arg: Uint8Array) => PromiseLike<Uint8Array>} [bounce] The same; the result's bytes are transferred back.
 * @property {(items: unknown[], chunkSize?: number) => PromiseLike<unknown[]>} [map] Runs the task on each item.
 * @property {(items: unknown[], buffer?: number) => AsyncIterable<unknown>} [imap] The same, with results that are read
 *   one by one; it is at most `buffer` items ahead of the reader.
 * @property {(arg: unknown) => AsyncIterable<unknown>} [stream] Runs one call of a generator.
 * @property {(arg: unknown) => { stop(): PromiseLike<unknown> }} [stoppable] Starts a call that can be stopped.
 * @property {() => unknown} close Ends the pool.
 *
 * The times when a thread began and ended, in milliseconds since the epoch, on that thread's clock.
 * @typedef {[begin: number, end: number]} Interval
 *
 * Threads that share memory or messages.
 * @typedef {object} Threads
 * @property {(count: number) => Promise<Interval[]>} run Gives an interval for each thread. Of an operation, each thread
 *   does `count`; of a channel, one thread sends `count` messages and the other one receives them.
 * @property {() => unknown} close Ends the threads.
 *
 * @typedef {object} Adapter
 * @property {(workers: number, task: string) => Pool | Promise<Pool>} [open]
 * @property {(items: number[], fn: (item: number) => Promise<number>, limit: number, option: string) =>
 *   PromiseLike<unknown[]>} [limit] Runs an asynchronous function on each item, `limit` at a time.
 * @property {(operation: string, threads: number) => Threads | Promise<Threads>} [operate] Starts threads that run an
 *   operation of `tasks/`.
 * @property {(payload: string) => Threads | Promise<Threads>} [channel] Starts two threads with a channel between them.
 * @property {(value: unknown, option: string) => unknown} [envelope] Encodes, clones and decodes a value.
 * @property {() => PromiseLike<unknown>} [load] Loads the module.
 *
 * @typedef {{ budget: number, scale: number }} Round Milliseconds of work, and the share of the full size, up to 1.
 * @typedef {{ value: number, count: number, each?: number[], notes?: Record<string, number> }} Answer
 * @typedef {{ round(round: Round): Answer | Promise<Answer>, close(): unknown }} Workload
 * @typedef {(adapter: Adapter, parameter: string) => Workload | Promise<Workload>} MakeWorkload
 */

/** The contestant cannot take part; the message is the reason. */
export class Unavailable extends Error {}

/**
 * Gives a method of the adapter, or throws {@linkcode Unavailable} if the contestant does not have it.
 * @template T
 * @param {T | undefined} ability
 * @param {string} reason
 * @returns {T}
 */
export function needed(ability, reason) {
  if (ability === undefined) throw new Unavailable(reason);
  return ability;
}
