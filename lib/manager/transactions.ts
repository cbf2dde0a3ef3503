/**
 * The open transactions of a manager: which client has each, and how to undo it.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import type { AccessQueue } from "./access_queue.ts";
import { ALL_OBJECTS } from "./claim.ts";
import type { ServedObject } from "./objects.ts";
import type { Undo } from "./undo.ts";

interface Transaction {
  readonly client: number;
  readonly resource: number;
  /** By object: how to restore its state before the transaction's first change. */
  readonly undos: Map<number, Undo>;
}

/** The transactions of a manager. */
export class Transactions {
  readonly #accesses: AccessQueue;
  readonly #open = new Map<number, Transaction>();
  // Transactions of threads that were stopped without effect: such a thread may go on with them.
  readonly #undone = new Set<number>();

  constructor(accesses: AccessQueue) {
    this.#accesses = accesses;
  }

  /** Opens a transaction that was granted. */
  begin(id: number, client: number, resource: number): void {
    this.#open.set(id, { client, resource, undos: new Map() });
    this.#accesses.enter({ id, resource, exclusive: true });
  }

  /**
   * Refuses a request that is part of an undone transaction.
   *
   * @throws {IsopoolError} If it is.
   */
  check(chain: readonly number[]): void {
    if (this.#undone.size === 0 || !chain.some((id) => this.#undone.has(id))) return;
    throw new IsopoolError("Cannot continue transaction: it was undone, because its thread was stopped");
  }

  /** Prepares to undo a call that is about to change an object. */
  beforeChange(
    object: number,
    served: ServedObject,
    method: string,
    args: readonly unknown[],
    chain: readonly number[],
  ): void {
    for (const id of chain) {
      const transaction = this.#open.get(id);
      if (transaction === undefined) continue;
      if (transaction.resource !== object && transaction.resource !== ALL_OBJECTS) continue;
      let undo = transaction.undos.get(object);
      if (undo === undefined) {
        undo = served.undo();
        if (undo === undefined) return;
        transaction.undos.set(object, undo);
      }
      undo.beforeChange(method, args);
    }
  }

  /** Ends a transaction of a client: keeps its changes, or undoes them. Ignores one that the client does not have. */
  end(id: number, client: number, commit: boolean): void {
    const transaction = this.#open.get(id);
    if (commit) this.check([id]);
    if (transaction === undefined || transaction.client !== client) return;
    this.#open.delete(id);
    if (!commit) { for (const each of transaction.undos.values()) each.undo(); }
    this.#accesses.leave(id);
  }

  /** Undoes all transactions of a client. `mayContinue`: its thread may still run, and send requests for them. */
  undoAll(client: number, mayContinue: boolean): void {
    for (const [id, transaction] of this.#open) {
      if (transaction.client !== client) continue;
      if (mayContinue) this.#undone.add(id);
      this.end(id, client, false);
    }
  }
}
