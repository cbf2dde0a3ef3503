/**
 * Keeps this thread's own `console` clear of a bar, for as long as one is shown. Workers' consoles always are
 * (workers/stop_retry.ts).
 *
 * @module
 */
import type { Terminal } from "../core/terminal.ts";

type Method = (...args: unknown[]) => unknown;

/** The console's methods, taking turns at the screen. */
export class ConsoleGuard {
  readonly #methods: { name: string; original: PropertyDescriptor; wrapped: Method }[] = [];
  #on = true;

  constructor(screen: Terminal) {
    const guard = (original: Method, self: unknown, args: unknown[]): unknown =>
      this.#on ? screen.print(() => Reflect.apply(original, self, args)) : Reflect.apply(original, self, args);
    for (const name of Object.keys(console)) {
      const found = Reflect.getOwnPropertyDescriptor(console, name)!;
      const original = found.value;
      if (typeof original !== "function" || !found.configurable) continue;
      const wrapped = {
        [name](this: unknown, ...args: unknown[]): unknown {
          return guard(original, this, args);
        },
      }[name];
      Object.defineProperty(console, name, { ...found, value: wrapped });
      this.#methods.push({ name, original: found, wrapped });
    }
  }

  /** Puts the methods back. One that somebody else has wrapped meanwhile stays, and ours behind it does no more. */
  [Symbol.dispose](): void {
    this.#on = false;
    for (const { name, original, wrapped } of this.#methods) {
      if ((console as unknown as Record<string, unknown>)[name] === wrapped) {
        Object.defineProperty(console, name, original);
      }
    }
  }
}
