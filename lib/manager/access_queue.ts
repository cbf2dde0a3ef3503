/**
 * Who may run now: calls side by side, transactions alone; first come, first served.
 *
 * ```
 * ask --- free, and nobody before me? ---> start
 *     \-- no, and it would wait for itself --> refuse: DeadlockError
 *     \-- no ---> waiting ... leave(activity) ---> start
 * ```
 *
 * An activity is a transaction, or a call of an async method for as long as it runs. A request waits for the activities
 * that it cannot run beside, and for those before it in the line that it cannot run beside either. It never waits for
 * what is in its own chain: what a transaction has to itself is there for its own calls.
 *
 * Deadlocks. An activity waits for the requests that have it in their chain, those for activities. A circle among these
 * can only be closed by a request that begins to wait, so that is when it is looked for.
 *
 * @module
 */
import { DeadlockError } from "../core/errors.ts";

/** Instead of an object: all objects. */
export const ALL = 0;

/** Something that lasts. */
export interface Activity {
  readonly id: number;
  readonly resource: number;
  readonly exclusive: boolean;
}

/** A call, or the beginning of a transaction. */
export interface Request {
  readonly resource: number;
  readonly exclusive: boolean;
  /** Ids of the activities it is part of. */
  readonly chain: readonly number[];
  /** Id that it will have as a transaction. */
  readonly transaction?: number;
  start(): void;
  refuse(error: Error): void;
}

/** What a request wants. */
export type Claim = Omit<Request, "start" | "refuse">;

/** Whether two cannot be at the same time. */
function conflict(a: Omit<Claim, "chain">, b: Omit<Claim, "chain">): boolean {
  return (a.exclusive || b.exclusive) && (a.resource === b.resource || a.resource === ALL || b.resource === ALL);
}

/** The line in front of the objects of a manager. */
export class AccessQueue {
  readonly #active = new Map<number, Activity>();
  // The few among them that keep others from running: thousands of calls may run side by side.
  readonly #alone = new Map<number, Activity>();
  // In order of arrival.
  readonly #waiting = new Set<Request>();
  readonly #line = new Line();
  #advancing = false;
  #again = false;

  /** Whether anything is going on or waits. */
  get busy(): boolean {
    return this.#active.size > 0 || this.#waiting.size > 0;
  }

  /** The activity of this id, if it goes on. */
  activity(id: number): Activity | undefined {
    return this.#active.get(id);
  }

  /** Whether a request could not start now. */
  hasToWait(claim: Claim): boolean {
    return this.busy && this.#isBlocked(claim, this.#line);
  }

  /** Starts a request as soon as it can be; refuses it if that will never be so. */
  request(request: Request): void {
    if (!this.hasToWait(request)) return request.start();
    if (this.#closesCircle(request)) {
      return request.refuse(
        new DeadlockError(
          "Cannot wait: this transaction would wait for another one that waits for it: take objects in the same order " +
            "everywhere, or the whole manager by its own transaction()",
        ),
      );
    }
    this.#waiting.add(request);
    this.#line.add(request);
  }

  /** Something has begun that lasts. */
  enter(activity: Activity): void {
    this.#active.set(activity.id, activity);
    if (activity.exclusive) this.#alone.set(activity.id, activity);
  }

  /** It has ended. */
  leave(id: number): void {
    this.#alone.delete(id);
    if (this.#active.delete(id)) this.#advance();
  }

  /** Takes back the waiting requests that `which` says. */
  withdraw(which: (request: Request) => boolean): Request[] {
    const gone = [...this.#waiting].filter(which);
    for (const each of gone) this.#remove(each);
    if (gone.length > 0) this.#advance();
    return gone;
  }

  #advance(): void {
    // What starts may end at once.
    if (this.#advancing) {
      this.#again = true;
      return;
    }
    this.#advancing = true;
    try {
      do {
        this.#again = false;
        const line = new Line();
        for (const request of this.#waiting) {
          if (this.#isBlocked(request, line)) line.add(request);
          else {
            this.#remove(request);
            request.start();
          }
        }
      } while (this.#again);
    } finally {
      this.#advancing = false;
    }
  }

  #remove(request: Request): void {
    this.#waiting.delete(request);
    this.#line.remove(request);
  }

  #isBlocked(request: Claim, before: Line): boolean {
    return this.#holders(request).length > 0 || (!this.#isInside(request) && before.isInTheWayOf(request));
  }

  #holders(request: Claim): Activity[] {
    const found: Activity[] = [];
    for (const each of (request.exclusive ? this.#active : this.#alone).values()) {
      if (conflict(each, request) && !request.chain.includes(each.id)) found.push(each);
    }
    return found;
  }

  // Its own transaction, or its own running call, is there already: whoever stands in line waits for that.
  #isInside({ chain, resource }: Claim): boolean {
    return chain.some((id) => {
      const activity = this.#active.get(id);
      return activity !== undefined && (activity.resource === resource || activity.resource === ALL);
    });
  }

  #closesCircle(request: Request): boolean {
    if (request.chain.length === 0) return false;
    const seen = new Set<Activity | Request>();
    const open: (Activity | Request)[] = [request];
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      for (const next of "chain" in each ? this.#blockers(each) : this.#parts(each)) {
        if ("id" in next && request.chain.includes(next.id)) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return false;
  }

  *#blockers(request: Request): Generator<Activity | Request> {
    yield* this.#holders(request);
    if (this.#isInside(request)) return;
    for (const each of this.#waiting) {
      if (each === request) return;
      if (conflict(each, request)) yield each;
    }
  }

  *#parts({ id }: Activity): Generator<Request> {
    for (const each of this.#waiting) if (each.chain.includes(id)) yield each;
  }
}

/** How many stand in line for what. Looking at each of them for each of them would take their number squared. */
class Line {
  readonly #all = new Map<number, number>();
  readonly #exclusive = new Map<number, number>();
  #count = 0;

  add({ resource, exclusive }: Request): void {
    this.#count++;
    change(this.#all, resource, 1);
    if (exclusive) change(this.#exclusive, resource, 1);
  }

  remove({ resource, exclusive }: Request): void {
    this.#count--;
    change(this.#all, resource, -1);
    if (exclusive) change(this.#exclusive, resource, -1);
  }

  /** Whether one of them cannot run beside this one. Only a transaction asks for all objects. */
  isInTheWayOf({ resource, exclusive }: Claim): boolean {
    if (resource === ALL) return this.#count > 0;
    const wanted = exclusive ? this.#all : this.#exclusive;
    return wanted.has(resource) || wanted.has(ALL);
  }
}

function change(counts: Map<number, number>, resource: number, by: number): void {
  const count = (counts.get(resource) ?? 0) + by;
  if (count === 0) counts.delete(resource);
  else counts.set(resource, count);
}
