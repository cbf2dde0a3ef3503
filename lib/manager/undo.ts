/**
 * How an object of a manager is restored when a transaction fails.
 *
 * @module
 */

/** Restores the state that an object had when this was created. */
export interface Undo {
  /** Saves what the call of a method is about to change. */
  beforeChange(method: string, args: readonly unknown[]): void;
  /** Restores the object. */
  undo(): void;
}

/** Copies the whole state, before the first change. */
export class UndoByCopy<T> implements Undo {
  readonly #copy: () => T;
  readonly #restore: (copy: T) => void;
  #saved: { copy: T } | undefined;

  constructor(copy: () => T, restore: (copy: T) => void) {
    this.#copy = copy;
    this.#restore = restore;
  }

  beforeChange(): void {
    this.#saved ??= { copy: this.#copy() };
  }

  undo(): void {
    if (this.#saved) this.#restore(this.#saved.copy);
  }
}
