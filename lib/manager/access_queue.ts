/**
 * The access queue of a manager: a readers-writer lock with a fair queue for each object. Calls are its readers and run
 * side by side; transactions are its writers and run exclusively; all are served in the order of their requests.
 *
 * ```
 * request --- no conflict with running accesses, none with waiting requests ---> start
 *         \-- conflict, and it would wait for itself --> refuse: DeadlockError
 *         \-- conflict ---> waiting ... leave(access) ---> start
 * ```
 *
 * A running access is a transaction, or a call of an async method until it settles. A request waits for the running
 * accesses that it conflicts with, and for earlier waiting requests that it conflicts with. It never waits for an access in
 * its own call chain: what a transaction has exclusively is there for its own calls.
 *
 * Deadlocks. A running access waits for the requests that have it in their chain, and these wait for accesses. Only a
 * request that begins to wait can close a cycle of such waits, so the queue searches for one at that moment.
 *
 * @module
 */
import { DeadlockError } from "../core/errors.ts";
import { ALL_OBJECTS, type Claim, conflict } from "./claim.ts";
import { WaitingCounts } from "./waiting_counts.ts";

/** A transaction, or a running call of an async method. */
export interface Access extends Claim {
  readonly id: number;
}

/** A claim, with the call chain that it comes from. */
export interface ChainedClaim extends Claim {
  /** Ids of the accesses that the request is part of. */
  readonly chain: readonly number[];
  /** Id that the access will have, if it is a transaction. */
  readonly transaction?: number;
}

/** A call, or the beginning of a transaction. */
export interface AccessRequest extends ChainedClaim {
  /** Called once, when the request is granted. */
  start(): void;
  /** Called once, instead of `start`, if the request would wait for ever. */
  refuse(error: Error): void;
}

/** The access queue of all objects of a manager. */
export class AccessQueue {
  readonly #running = new Map<number, Access>();
  // The exclusive ones among them, which are few: thousands of calls may run side by side.
  readonly #exclusive = new Map<number, Access>();
  // In order of arrival.
  readonly #waiting = new Set<AccessRequest>();
  readonly #counts = new WaitingCounts();
  #isAdvancing = false;
  #mustRepeat = false;

  /** Whether an access runs or a request waits. */
  get busy(): boolean {
    return this.#running.size > 0 || this.#waiting.size > 0;
  }

  /** Returns whether a request could not start now. */
  hasToWait(claim: ChainedClaim): boolean {
    return this.busy && this.#isBlocked(claim, this.#counts);
  }

  /** Starts a request as soon as possible; refuses it if it would wait for ever. */
  request(request: AccessRequest): void {
    if (!this.hasToWait(request)) return request.start();
    if (this.#closesCycle(request)) {
      return request.refuse(
        new DeadlockError(
          "Cannot wait for object of Manager: a transaction that has it waits for this one: use objects in the same " +
            "order everywhere, or Manager.transaction(), which has them all",
        ),
      );
    }
    this.#waiting.add(request);
    this.#counts.add(request);
  }

  /** Registers an access that has started and lasts. */
  enter(access: Access): void {
    this.#running.set(access.id, access);
    if (access.exclusive) this.#exclusive.set(access.id, access);
  }

  /** Ends an access, and starts the requests that waited for it. */
  leave(id: number): void {
    this.#exclusive.delete(id);
    if (this.#running.delete(id)) this.#advance();
  }

  /** Removes the waiting requests for which `matches` returns true, and returns them. */
  withdraw(matches: (request: AccessRequest) => boolean): AccessRequest[] {
    const withdrawn = [...this.#waiting].filter(matches);
    for (const each of withdrawn) this.#remove(each);
    if (withdrawn.length > 0) this.#advance();
    return withdrawn;
  }

  #advance(): void {
    // A request that starts may end at once, and call this again.
    if (this.#isAdvancing) {
      this.#mustRepeat = true;
      return;
    }
    this.#isAdvancing = true;
    try {
      do {
        this.#mustRepeat = false;
        const earlier = new WaitingCounts();
        for (const request of this.#waiting) {
          if (this.#isBlocked(request, earlier)) earlier.add(request);
          else {
            this.#remove(request);
            request.start();
          }
        }
      } while (this.#mustRepeat);
    } finally {
      this.#isAdvancing = false;
    }
  }

  #remove(request: AccessRequest): void {
    this.#waiting.delete(request);
    this.#counts.remove(request);
  }

  #isBlocked(claim: ChainedClaim, earlier: WaitingCounts): boolean {
    return this.#conflicting(claim).length > 0 || (!this.#isInside(claim) && earlier.conflictsWith(claim));
  }

  #conflicting(claim: ChainedClaim): Access[] {
    const found: Access[] = [];
    for (const each of (claim.exclusive ? this.#running : this.#exclusive).values()) {
      if (conflict(each, claim) && !claim.chain.includes(each.id)) found.push(each);
    }
    return found;
  }

  // A request from inside a running access to the same object overtakes: the waiting requests wait for that access.
  #isInside({ chain, resource }: ChainedClaim): boolean {
    return chain.some((id) => {
      const access = this.#running.get(id);
      return access !== undefined && (access.resource === resource || access.resource === ALL_OBJECTS);
    });
  }

  #closesCycle(request: AccessRequest): boolean {
    if (request.chain.length === 0) return false;
    const seen = new Set<Access | AccessRequest>();
    const open: (Access | AccessRequest)[] = [request];
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      for (const next of "chain" in each ? this.#blockers(each) : this.#requestsOf(each)) {
        if ("id" in next && request.chain.includes(next.id)) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return false;
  }

  // What a request waits for.
  *#blockers(request: AccessRequest): Generator<Access | AccessRequest> {
    yield* this.#conflicting(request);
    if (this.#isInside(request)) return;
    for (const each of this.#waiting) {
      if (each === request) return;
      if (conflict(each, request)) yield each;
    }
  }

  // What a running access waits for: the requests that are part of it.
  *#requestsOf({ id }: Access): Generator<AccessRequest> {
    for (const each of this.#waiting) if (each.chain.includes(id)) yield each;
  }
}
