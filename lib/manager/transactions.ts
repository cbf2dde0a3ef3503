/**
 * The transactions that go on: whose they are, and what to undo if they fail.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import type { ServedObject } from "./objects.ts";
import type { Undo } from "./stores.ts";
import { type AccessQueue, ALL } from "./access_queue.ts";

interface Transaction {
  readonly client: number;
  readonly resource: number;
  /** By object: back to what it was before the first change. */
  readonly undos: Map<number, Undo>;
}

/** The transactions of a manager. */
export class Transactions {
  readonly #turns: AccessQueue;
  readonly #open = new Map<number, Transaction>();
  // Of threads that were given up, and may not know it.
  readonly #undone = new Set<number>();

  constructor(turns: AccessQueue) {
    this.#turns = turns;
  }

  /** Its turn has come. */
  begin(id: number, client: number, resource: number): void {
    this.#open.set(id, { client, resource, undos: new Map() });
    this.#turns.enter({ id, resource, exclusive: true });
  }

  /**
   * Fails for what is part of a transaction that was undone.
   *
   * @throws {IsopoolError} If it is.
   */
  check(chain: readonly number[]): void {
    if (this.#undone.size === 0 || !chain.some((id) => this.#undone.has(id))) return;
    throw new IsopoolError("Cannot go on with transaction: it was undone, because its thread was given up");
  }

  /** An object is about to be changed. */
  before(
    object: number,
    served: ServedObject,
    method: string,
    args: readonly unknown[],
    chain: readonly number[],
  ): void {
    for (const id of chain) {
      const transaction = this.#open.get(id);
      if (transaction === undefined || (transaction.resource !== object && transaction.resource !== ALL)) continue;
      let undo = transaction.undos.get(object);
      if (undo === undefined) {
        undo = served.undo();
        if (undo === undefined) return;
        transaction.undos.set(object, undo);
      }
      undo.before(method, args);
    }
  }

  /** It ends: what it did stays, or is undone. */
  end(id: number, client: number, commit: boolean): void {
    const transaction = this.#open.get(id);
    if (commit) this.check([id]);
    if (transaction === undefined || transaction.client !== client) return;
    this.#open.delete(id);
    if (!commit) { for (const each of transaction.undos.values()) each.undo(); }
    this.#turns.leave(id);
  }

  /** Its client is gone, for good or not quite. */
  abandon(client: number, mayStillAsk: boolean): void {
    for (const [id, transaction] of this.#open) {
      if (transaction.client !== client) continue;
      if (mayStillAsk) this.#undone.add(id);
      this.end(id, client, false);
    }
  }
}
