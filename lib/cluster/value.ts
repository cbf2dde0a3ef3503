/**
 * `ClusterValue`: an integer in Redis.
 *
 * @module
 */
import { LockLostError } from "../core/errors.ts";
import { JSON } from "../core/platform.ts";
import { badOption, isA, knownOptions } from "../core/validate.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { ClusterGuard } from "./guard.ts";
import { integerOf, integerText, outOfRange } from "./integers.ts";
import type { Session } from "./session.ts";

/** Options of the methods of a {@linkcode ClusterValue} that change it. */
export interface ChangeOptions {
  /**
   * The change takes place only while this guard holds its lock, and fails with a {@linkcode LockLostError} otherwise. Redis
   * compares the guard's token in the same step.
   */
  guard?: ClusterGuard;
}

/**
 * An integer in Redis, which all processes of a cluster see under its name. It is 0 until it is changed, and stays until
 * `delete`.
 *
 * As with `Counter`, operations that change it return the value before, so that `add(1)` gives each caller a number of its
 * own. Values of `value(name)` are safe integers; those of `value(name, "i64")` are 64-bit bigints. No operation wraps around.
 *
 * ## Failure
 * A change takes effect once, also if the connection breaks meanwhile. If Redis does not answer for 2 s, calls fail with a
 * {@linkcode ClusterError}, which says so if it is unknown whether the change took place. If Redis loses its data
 * (`appendonly no`, or the last second under `appendfsync everysec`), the value is lost, or falls back.
 *
 * ## Cost
 * A call takes one round trip to Redis, about 0.2 ms on one machine; calls of one process that wait together share it.
 *
 * @typeParam T `number` or `bigint`.
 */
export class ClusterValue<T extends number | bigint> {
  /** Its name. */
  readonly name: string;
  readonly #session: Session;
  readonly #isBig: boolean;

  /** @ignore */
  constructor(session: Session, name: string, isBig: boolean) {
    this.#session = session;
    this.name = name;
    this.#isBig = isBig;
  }

  static {
    refuseCopies(ClusterValue, "open it by its name in the task: cluster({ redis, queue }).value(name)");
  }

  /**
   * Resolves to the value.
   *
   * @throws {RangeError} If it is no safe integer, unless it was opened with `"i64"`.
   *
   * @example Read a value
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(await backend.value("done").get());
   * ```
   */
  async get(): Promise<T> {
    return this.#numberOf("get", await this.#run("get", "get"));
  }

  /**
   * Writes the value.
   *
   * @throws {LockLostError} If `guard` does not hold its lock.
   *
   * @example Write only while a lock is held
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await using guard = await backend.lock("leader").acquire();
   * await backend.value("generation").set(7, { guard });
   * ```
   */
  async set(value: T, options?: ChangeOptions): Promise<void> {
    await this.#run("set", "set", this.#check("set", "value", value), options);
  }

  /**
   * Adds to the value; resolves to the value before.
   *
   * @param amount What to add.
   * @default 1
   * @throws {RangeError} If the sum is out of range; the value stays.
   * @throws {LockLostError} If `guard` does not hold its lock; the value stays.
   *
   * @example Give each process a number of its own
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(`I am number ${await backend.value("processes").add(1)}`);
   * ```
   */
  async add(amount: T = this.#one, options?: ChangeOptions): Promise<T> {
    const what = "add to";
    return this.#numberOf(what, await this.#run(what, "add", this.#check(what, "amount", amount), options));
  }

  /**
   * Subtracts from the value; resolves to the value before.
   *
   * @param amount What to subtract.
   * @default 1
   * @throws {RangeError} If the difference is out of range; the value stays.
   * @throws {LockLostError} If `guard` does not hold its lock; the value stays.
   *
   * @example Notice the last one
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * if (await backend.value("left").sub(1) === 1) console.log("all are done");
   * ```
   */
  async sub(amount: T = this.#one, options?: ChangeOptions): Promise<T> {
    const what = "subtract from";
    this.#check(what, "amount", amount);
    const text = await this.#run(what, "add", this.#check(what, "amount", -amount as T), options);
    return this.#numberOf(what, text);
  }

  /**
   * Writes the value; resolves to the value before.
   *
   * @throws {LockLostError} If `guard` does not hold its lock; the value stays.
   *
   * @example Read and clear in one step
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(await backend.value("hits").exchange(0));
   * ```
   */
  async exchange(value: T, options?: ChangeOptions): Promise<T> {
    const text = await this.#run("exchange", "set", this.#check("exchange", "value", value), options);
    return this.#numberOf("exchange", text);
  }

  /**
   * Writes `value` if the value is `expected`; resolves to the value before, which is `expected` if the exchange happened.
   *
   * @throws {LockLostError} If `guard` does not hold its lock; the value stays.
   *
   * @example Let one process do it
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * if (await backend.value("migrated").compareExchange(0, 1) === 0) console.log("it is up to me");
   * ```
   */
  async compareExchange(expected: T, value: T, options?: ChangeOptions): Promise<T> {
    const wanted = this.#check("exchange", "expected", expected);
    const text = await this.#run("exchange", "swap", this.#check("exchange", "value", value), options, wanted);
    return this.#numberOf("exchange", text);
  }

  /**
   * Replaces the value by the result of `change`; resolves to the new value. If another process changes the value meanwhile,
   * `change` runs again on the changed value, so it should have no side effects.
   *
   * @example Keep a maximum
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await backend.value("peak").update((peak) => Math.max(peak, 17));
   * ```
   */
  async update(change: (value: T) => T, options?: ChangeOptions): Promise<T> {
    if (typeof change !== "function") throw badOption(this.#call("update"), "change", change, "a function", false);
    for (let seen = await this.get();;) {
      const next = change(seen);
      const before = await this.compareExchange(seen, next, options);
      if (before === seen) return next;
      seen = before;
    }
  }

  /**
   * Removes the value from Redis: it is 0 again.
   *
   * @example Tidy up
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await backend.value("done").delete();
   * ```
   */
  async delete(): Promise<void> {
    await this.#run("delete", "delete");
  }

  /** Returns the name, as `ClusterValue("done")`. */
  toString(): string {
    return `ClusterValue(${JSON.stringify(this.name)})`;
  }

  get #one(): T {
    return (this.#isBig ? 1n : 1) as T;
  }

  #call(what: string): string {
    return `${what} ${this}`;
  }

  #check(what: string, option: string, value: unknown): string {
    return integerText(this.#call(what), option, value, this.#isBig);
  }

  #numberOf(what: string, text: string): T {
    return integerOf(this.#call(what), text, this.#isBig);
  }

  async #run(what: string, change: string, operand = "", options?: ChangeOptions, expected = ""): Promise<string> {
    const call = this.#call(what);
    knownOptions(call, options, ["guard"]);
    const guard = options?.guard;
    if (guard !== undefined && !isA(guard, ClusterGuard)) {
      throw badOption(call, "guard", guard, "a guard of a ClusterLock", false);
    }
    const fence = guard ? [guard.lock, guard.token] : ["", ""];
    const limit = this.#isBig ? "" : Number.MAX_SAFE_INTEGER;
    const [status, text] = await this.#session.call(call, "value", this.name, [
      ...[change, operand, expected, limit],
      ...fence,
    ]);
    if (status === "stale") {
      throw new LockLostError(
        `Cannot ${call}: the guard with token ${guard!.token} no longer holds lock "${guard!.lock}"`,
      );
    }
    if (status === "range") throw outOfRange(call, text as string, this.#isBig);
    return text as string;
  }
}
