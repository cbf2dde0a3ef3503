/**
 * `SharedValue`: a handle on a big value that many calls need. Each worker gets the value once.
 *
 * @module
 */
import { getter } from "../core/define.ts";
import { IsopoolError } from "../core/errors.ts";
import { clone } from "../protocol/snapshot.ts";
import { type SharedEntry, sharedRef } from "../protocol/shared_value.ts";

/** Returns a handle's id and value, for {@linkcode refer}. */
let openHandle: (shared: SharedValue<unknown>) => { id: number; entry: SharedEntry };
/** Whether a value is a handle. Not `instanceof`, which throws for a revoked proxy. */
let isShared: (value: unknown) => value is SharedValue<unknown>;
let lastId = 0;

function refuse(): never {
  throw new IsopoolError("Cannot send shared value: it is inside an argument: make it an argument itself");
}

/**
 * A handle on a big value, made by `Pool.share`. A task that has the handle as an argument gets the value itself. All tasks
 * of one worker get the same object: treat it as read-only.
 *
 * **Cost**: one copy when it is made, one for each worker at its first call, and the memory of both until the handle is
 * disposed of. **When not to use it**: a value that changes belongs into shared memory (`SharedArray`, `Value`); a value
 * that one call needs is an ordinary argument; a `SharedArrayBuffer` is never copied.
 *
 * @typeParam T The value.
 *
 * @example Look up words in one big table
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(2);
 * using table = pool.share(new Map([["one", 1], ["two", 2]]));
 * const lookUp = inline((table: Map<string, number>, word: string) => table.get(word));
 * assertEquals(await pool.submit(lookUp, table, "two"), 2);
 * ```
 */
export class SharedValue<T> implements Disposable {
  readonly #id = ++lastId;
  readonly #release: (id: number) => void;
  #entry: (SharedEntry & { value: T }) | undefined;

  static {
    openHandle = (shared) => shared.#open();
    isShared = (value): value is SharedValue<unknown> => typeof value === "object" && value !== null && #id in value;
  }

  /** @ignore Use `Pool.share`. */
  constructor(value: T, isolated: boolean, release: (id: number) => void) {
    const { value: kept, handles } = isolated ? copyOf(value) : { value, handles: false };
    this.#entry = { value: kept, handles, disposed: false };
    this.#release = release;
    // A handle inside an argument would arrive as an empty object. Structured clone reads this property, which throws.
    Object.defineProperty(this, "inside", getter(refuse));
  }

  /**
   * Frees the value, here and in the workers. Calls that were submitted before still get it.
   *
   * @example Free the value at the end of a block
   * ```ts
   * import { assertEquals, assertThrows } from "@std/assert";
   * import { inline, Pool, type SharedValue } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const sum = inline((list: number[]) => list.reduce((a, b) => a + b));
   * let handle: SharedValue<number[]>;
   * {
   *   using list = handle = pool.share([1, 2, 3]);
   *   assertEquals(await pool.submit(sum, list), 6);
   * }
   * assertThrows(() => pool.submit(sum, handle), Error, "disposed");
   * ```
   */
  [Symbol.dispose](): void {
    if (!this.#entry) return;
    this.#entry.disposed = true;
    this.#entry = undefined;
    this.#release(this.#id);
  }

  #open(): { id: number; entry: SharedEntry } {
    if (!this.#entry) throw new IsopoolError("Cannot send shared value: its handle was disposed of before");
    return { id: this.#id, entry: this.#entry };
  }
}

/**
 * Replaces each handle by a reference, and adds the handle's value to `into`. Does not search inside the arguments.
 *
 * @param spread Whether `item` is a list of arguments; otherwise it is the only argument.
 */
export function refer(item: unknown, spread: boolean, into: Map<number, SharedEntry>): unknown {
  const replace = (value: unknown) => {
    if (!isShared(value)) return value;
    const { id, entry } = openHandle(value);
    into.set(id, entry);
    return sharedRef(id);
  };
  if (!spread) return replace(item);
  return hasShared(item as unknown[]) ? (item as unknown[]).map(replace) : item;
}

/** Returns whether one of the arguments is a handle. */
export function hasShared(args: unknown[]): boolean {
  return args.some(isShared);
}

function copyOf<T>(value: T): { value: T; handles: boolean } {
  const { args, handles } = clone([value], []);
  return { value: args[0] as T, handles };
}
