/**
 * A dict or namespace on the manager's thread. Its methods are those that clients can call; dict.ts says what each does.
 *
 * @module
 */
import { checkKey } from "./arguments.ts";
import type { Undo } from "./undo.ts";

const CALL = "use dict";

/** A dict or namespace of a manager. */
export class DictStore {
  /** Names of the methods that change it. */
  static readonly writes: ReadonlySet<string> = new Set(["set", "delete", "pop", "update", "setDefault", "clear"]);
  #map = new Map<unknown, unknown>();

  constructor(initial: unknown) {
    this.update(initial as [unknown, unknown][]);
  }

  /**
   * Returns how to restore the current state. It saves only the keys that are set, since a copy of a Map of 100,000 keys
   * takes 20 ms. When a key is removed it copies all, because the key's position in the order is lost.
   */
  undo(): Undo {
    const saved = new Map<unknown, { value: unknown } | undefined>();
    const save = (key: unknown) => {
      if (!saved.has(key)) saved.set(key, this.#map.has(key) ? { value: this.#map.get(key) } : undefined);
    };
    let copy: Map<unknown, unknown> | undefined;
    return {
      beforeChange: (method, [first]) => {
        if (copy) return;
        if (method === "set" || method === "setDefault") save(first);
        else if (method === "update") { for (const [key] of first as [unknown, unknown][]) save(key); }
        else copy = new Map(this.#map);
      },
      undo: () => {
        if (copy) this.#map = copy;
        for (const [key, old] of saved) {
          if (old) this.#map.set(key, old.value);
          else this.#map.delete(key);
        }
      },
    };
  }

  get(key: unknown): unknown {
    return this.#map.get(checkKey(CALL, key));
  }

  set(key: unknown, value: unknown): void {
    this.#map.set(checkKey(CALL, key), value);
  }

  has(key: unknown): boolean {
    return this.#map.has(checkKey(CALL, key));
  }

  delete(key: unknown): boolean {
    return this.#map.delete(checkKey(CALL, key));
  }

  pop(key: unknown): unknown {
    const value = this.get(key);
    this.#map.delete(key);
    return value;
  }

  setDefault(key: unknown, value: unknown): unknown {
    if (!this.has(key)) this.#map.set(key, value);
    return this.#map.get(key);
  }

  update(entries: [unknown, unknown][]): void {
    for (const [key] of entries) checkKey(CALL, key);
    for (const [key, value] of entries) this.#map.set(key, value);
  }

  size(): number {
    return this.#map.size;
  }

  keys(): unknown[] {
    return [...this.#map.keys()];
  }

  values(): unknown[] {
    return [...this.#map.values()];
  }

  entries(): [unknown, unknown][] {
    return [...this.#map];
  }

  clear(): void {
    this.#map.clear();
  }
}
