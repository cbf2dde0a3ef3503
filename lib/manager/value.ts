/**
 * Values of a manager.
 *
 * @module
 */
import { callback } from "../core/validate.ts";
import { registerKind } from "../shared/handle.ts";
import { exclusively, invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.value";

/**
 * Any one value on the thread of a {@linkcode Manager}. For numbers and booleans, `Value` and `Counter` are a thousand
 * times as fast: they need nobody else's thread.
 *
 * @typeParam T What it is.
 *
 * @example Read, change, write
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const best = manager.value({ score: 0 });
 * const offer = (score: number) => best.update((now) => score > now.score ? { score } : now);
 * await Promise.all([offer(3), offer(7), offer(5)]);
 * assertEquals(await best.get(), { score: 7 });
 * ```
 */
export class ValueProxy<T> extends ManagedProxy {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "ValueProxy");
  }

  /** Gives it. */
  get(): Promise<T> {
    return invoke(this, "get", []) as Promise<T>;
  }

  /** Sets it. */
  set(value: T): Promise<void> {
    return invoke(this, "set", [value]) as Promise<void>;
  }

  /** Sets it to what a function of this thread makes of it, with nobody in between; gives that. */
  async update(fn: (value: T) => T | PromiseLike<T>): Promise<T> {
    callback("update value", "fn", fn);
    return await exclusively(this, async () => {
      const value = await fn(await this.get());
      await this.set(value);
      return value;
    });
  }
}

registerKind(KIND, ValueProxy);
