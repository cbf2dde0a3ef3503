/**
 * In which transactions, and inside of which calls, code runs: on the client's side and, for methods that call other
 * objects, on the manager's.
 *
 * ```
 * a.transaction(async () => {                      chain [ta]
 *   await b.transaction(() => b.set("x", 1));      chain [ta, tb]
 * });
 * void later();                                    what it starts and does not wait for has ended links, which do not count
 * ```
 *
 * Each request carries its chain. So the calls of a transaction are let through while all others wait, by whatever
 * function they are made; and the manager sees who waits for whom.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** A transaction, or a call that runs. */
export interface ChainLink {
  /** Of which manager. */
  readonly manager: string;
  readonly id: number;
  /** What it has to itself; `undefined` if that is nothing. */
  readonly holds: number | undefined;
  readonly outer: ChainLink | undefined;
  ended: boolean;
}

const storage = new AsyncLocalStorage<ChainLink | undefined>();

/** The innermost link of the code that runs. */
export function currentLink(): ChainLink | undefined {
  return storage.getStore();
}

/** The links of one manager that have not ended, innermost first. */
export function* linksOf(manager: string): Generator<ChainLink> {
  for (let link = currentLink(); link !== undefined; link = link.outer) {
    if (link.manager === manager && !link.ended) yield link;
  }
}

/** Runs a function, and all that it starts, inside of a link. */
export function runInside<T>(link: ChainLink, run: () => T): T {
  return storage.run(link, run);
}
