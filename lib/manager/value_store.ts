/**
 * A value on the manager's thread. Clients can call its methods, except `undo`; value.ts says what each does.
 *
 * @module
 */
import { type Undo, UndoByCopy } from "./undo.ts";

/** A value of a manager. */
export class ValueStore {
  /** Names of the methods that change the value. */
  static readonly writes: ReadonlySet<string> = new Set(["set"]);
  #value: unknown;

  constructor(initial: unknown) {
    this.#value = initial;
  }

  /** Returns how to restore the current state. */
  undo(): Undo {
    return new UndoByCopy(() => this.#value, (value) => this.#value = value);
  }

  get(): unknown {
    return this.#value;
  }

  set(value: unknown): void {
    this.#value = value;
  }
}
