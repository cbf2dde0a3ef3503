/**
 * Big values that many calls need: each worker gets them once.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { clone } from "../protocol/envelope.ts";
import { type SharedEntry, sharedRef } from "../protocol/shared_value.ts";

/** Reads what a handle holds, for whoever sends it. */
let open: (shared: SharedValue<unknown>) => { id: number; held: SharedEntry };
let lastId = 0;

function refuse(): never {
  throw new IsopoolError("Cannot send shared value: it is inside of an argument: make it an argument itself");
}

/**
 * A handle on a value that goes to each worker once, made by `Pool.share`. Given as an argument of a task, the task gets
 * the value itself. All tasks of a worker get the same object: treat it as read-only.
 *
 * @typeParam T The value.
 *
 * @example A table that every call looks things up in
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(2);
 * using table = pool.share(new Map([["one", 1], ["two", 2]]));
 * const look = inline((table: Map<string, number>, word: string) => table.get(word));
 * assertEquals(await pool.submit(look, table, "two"), 2);
 * ```
 */
export class SharedValue<T> implements Disposable {
  readonly #id = ++lastId;
  readonly #release: (id: number) => void;
  #held: (SharedEntry & { value: T }) | undefined;

  static {
    open = (shared) => shared.#open();
  }

  /** @ignore Use `Pool.share`. */
  constructor(value: T, isolated: boolean, release: (id: number) => void) {
    const { value: held, handles } = isolated ? copyOf(value) : { value, handles: false };
    this.#held = { value: held, handles, disposed: false };
    this.#release = release;
    // A handle inside of an argument would arrive as an empty object: cloning it asks for this.
    Object.defineProperty(this, "inside", { enumerable: true, get: refuse });
  }

  /** Lets go of the value, here and in the workers. Calls that were submitted before still get it. */
  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held.disposed = true;
    this.#held = undefined;
    this.#release(this.#id);
  }

  #open(): { id: number; held: SharedEntry } {
    if (!this.#held) throw new IsopoolError("Cannot send shared value: its handle was disposed of before");
    return { id: this.#id, held: this.#held };
  }
}

/**
 * Puts references where handles are arguments, and notes their values in `into`. Looks at the arguments themselves, not
 * inside them.
 */
export function refer(item: unknown, spread: boolean, into: Map<number, SharedEntry>): unknown {
  const replace = (value: unknown) => {
    if (!(value instanceof SharedValue)) return value;
    const { id, held } = open(value);
    into.set(id, held);
    return sharedRef(id);
  };
  if (!spread) return replace(item);
  return hasShared(item as unknown[]) ? (item as unknown[]).map(replace) : item;
}

/** Whether one of the arguments is a handle. */
export function hasShared(args: unknown[]): boolean {
  return args.some((value) => value instanceof SharedValue);
}

function copyOf<T>(value: T): { value: T; handles: boolean } {
  const { args, handles } = clone([value], []);
  return { value: args[0] as T, handles };
}
