/**
 * `ConsoleGuard`: makes this thread's `console` take the terminal's lock while a bar is shown, so that its output does not
 * mix with the bar. The `console` of a worker thread always takes the lock (`wrapGlobals` in workers/stop_retry.ts).
 *
 * @module
 */
import type { Terminal } from "../core/terminal.ts";

type Method = (...args: unknown[]) => unknown;

/** Wraps the methods of `console`, each in the terminal's lock. */
export class ConsoleGuard {
  readonly #methods: { name: string; original: PropertyDescriptor; wrapped: Method }[] = [];
  #isActive = true;

  constructor(terminal: Terminal) {
    const call = (original: Method, self: unknown, args: unknown[]): unknown =>
      this.#isActive ? terminal.print(() => Reflect.apply(original, self, args)) : Reflect.apply(original, self, args);
    for (const name of Object.keys(console)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(console, name)!;
      const original = descriptor.value;
      if (typeof original !== "function" || !descriptor.configurable) continue;
      const wrapped = {
        [name](this: unknown, ...args: unknown[]): unknown {
          return call(original, this, args);
        },
      }[name];
      Object.defineProperty(console, name, { ...descriptor, value: wrapped });
      this.#methods.push({ name, original: descriptor, wrapped });
    }
  }

  /**
   * Restores the methods. A method that the script has wrapped in the meantime stays wrapped; the guard inside it no longer
   * takes the lock.
   */
  [Symbol.dispose](): void {
    this.#isActive = false;
    for (const { name, original, wrapped } of this.#methods) {
      if ((console as unknown as Record<string, unknown>)[name] === wrapped) {
        Object.defineProperty(console, name, original);
      }
    }
  }
}
