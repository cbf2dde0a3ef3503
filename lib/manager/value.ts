/**
 * `ValueProxy`: one value of a manager, as any thread calls it.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { checkFunction } from "./arguments.ts";
import { exclusively, invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.value";

/**
 * One value of any structured-cloneable type, on the thread of a {@linkcode Manager}.
 *
 * **Cost.** Each method takes one call of the {@linkcode Manager}, `update` takes four. For numbers and booleans, `Value` and `Counter`
 * are a thousand times as fast, because they need no other thread.
 *
 * @typeParam T Type of the value.
 */
export class ValueProxy<T> extends ManagedProxy {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "ValueProxy");
  }

  /**
   * Resolves to a copy of the value.
   *
   * @example Read a value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const best = manager.value({ score: 0 });
   * assertEquals(await best.get(), { score: 0 });
   * ```
   */
  get(): Promise<T> {
    return invoke(this, "get", []) as Promise<T>;
  }

  /**
   * Sets the value.
   *
   * @example Replace a value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const best = manager.value({ score: 0 });
   * await best.set({ score: 5 });
   * assertEquals(await best.get(), { score: 5 });
   * ```
   */
  set(value: T): Promise<void> {
    return invoke(this, "set", [value]) as Promise<void>;
  }

  /**
   * Calls `fn` with a copy of the value, on the calling thread, and sets the value to the result, in a transaction.
   * Resolves to the new value.
   *
   * @example Keep the best of several results
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const best = manager.value({ score: 0 });
   * const offer = (score: number) => best.update((now) => score > now.score ? { score } : now);
   * await Promise.all([offer(3), offer(7), offer(5)]);
   * assertEquals(await best.get(), { score: 7 });
   * ```
   */
  async update(fn: (value: T) => T | PromiseLike<T>): Promise<T> {
    checkFunction("update value", "fn", fn);
    return await exclusively(this, async () => {
      const value = await fn(await this.get());
      await this.set(value);
      return value;
    });
  }
}

registerKind(KIND, ValueProxy);
