/**
 * Shared values (`pool.share()`): the host sends a copy of each once to a worker, and arguments refer to it by number. Not
 * to be confused with shared objects, such as a `Counter`, whose memory both sides use.
 *
 * @module
 */

/** A reference to a shared value, in place of an argument. */
export interface SharedRef {
  readonly "isopool:value": number;
}

/** A shared value on the host's side. */
export interface SharedEntry {
  readonly value: unknown;
  /** Whether there may be shared objects in it (lib/shared/revive.ts). */
  readonly handles: boolean;
  /** Whether its handle was disposed of. Calls that refer to the value already still get it; after them it is freed. */
  disposed: boolean;
}

/** The shared values that arguments refer to, by id. */
export type Shares = ReadonlyMap<number, SharedEntry>;

/** Makes a reference to a shared value. */
export function sharedRef(id: number): SharedRef {
  return { "isopool:value": id };
}

/** Returns the id of the shared value that an argument refers to; `undefined` if it is no reference. */
export function sharedId(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "isopool:value")) return undefined;
  return (value as SharedRef)["isopool:value"];
}

/** Replaces references by their shared values: the item itself, or the elements of an argument list. */
export function resolveShared(item: unknown, spread: boolean, valueOf: (id: number) => unknown): unknown {
  const resolve = (value: unknown) => {
    const id = sharedId(value);
    return id === undefined ? value : valueOf(id);
  };
  return spread ? (item as unknown[]).map(resolve) : resolve(item);
}
