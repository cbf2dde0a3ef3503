/**
 * The call chain: the transactions, and the running calls of methods, that the current code is part of. Transactions add a
 * link on the client's side, running methods that call other objects add one on the manager's.
 *
 * ```
 * a.transaction(async () => {                      chain [ta]
 *   await b.transaction(() => b.set("x", 1));      chain [ta, tb]
 * });
 * void later();       code that a transaction started and did not await: its links have ended, and do not count
 * ```
 *
 * Each request carries its chain. From it the manager lets the calls of a transaction through while all others wait,
 * whichever function makes them, and finds out which transaction waits for which.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** A transaction, or a running call. */
export interface ChainLink {
  /** Name of the manager. */
  readonly manager: string;
  readonly id: number;
  /** The id of the object that the transaction has exclusively, or `ALL_OBJECTS`; `undefined` for a call. */
  readonly holds: number | undefined;
  readonly outer: ChainLink | undefined;
  ended: boolean;
}

const NO_CHAIN: readonly number[] = [];
const storage = new AsyncLocalStorage<ChainLink | undefined>();

/** Returns the innermost link of the current code. */
export function currentLink(): ChainLink | undefined {
  return storage.getStore();
}

/** Returns the links of a manager that have not ended, innermost first. */
export function* linksOf(manager: string): Generator<ChainLink> {
  for (let link = currentLink(); link !== undefined; link = link.outer) {
    if (link.manager === manager && !link.ended) yield link;
  }
}

/** Returns the ids of the links of a manager that have not ended, innermost first: what a request carries. */
export function chainOf(manager: string): readonly number[] {
  return currentLink() === undefined ? NO_CHAIN : Array.from(linksOf(manager), ({ id }) => id);
}

/** Runs a function, and everything that it starts, inside a link. */
export function runInside<T>(link: ChainLink, run: () => T): T {
  return storage.run(link, run);
}

/**
 * Manager's side: returns the link of a call, with the links of its request, rebuilt on this thread, around it.
 *
 * @param id Id of the call.
 */
export function linkOfCall(manager: string, id: number, chain: readonly number[]): ChainLink {
  const outer = chain.reduceRight<ChainLink | undefined>((outer, id) => newLink(manager, id, outer), undefined);
  return newLink(manager, id, outer);
}

function newLink(manager: string, id: number, outer: ChainLink | undefined): ChainLink {
  return { manager, id, holds: undefined, outer, ended: false };
}

/** Ends a link and all links around it. */
export function endLinks(link: ChainLink): void {
  for (let each: ChainLink | undefined = link; each !== undefined; each = each.outer) each.ended = true;
}
