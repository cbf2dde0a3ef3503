/**
 * Values that go to each worker once and are named by number after that.
 *
 * @module
 */

/** Stands for a shared value among arguments. */
export interface SharedRef {
  readonly "isopool:shared": number;
}

/** A shared value on the host's side. */
export interface SharedEntry {
  readonly value: unknown;
  /** Whether its handle was disposed of: calls that have it already still get it, and then it can go. */
  disposed: boolean;
}

/** Shared values that arguments stand for, by id. */
export type Shares = ReadonlyMap<number, SharedEntry>;

/** Names a shared value. */
export function sharedRef(id: number): SharedRef {
  return { "isopool:shared": id };
}

/** Which shared value an argument stands for, if it does. */
export function sharedId(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "isopool:shared")) return undefined;
  return (value as SharedRef)["isopool:shared"];
}

/** Puts shared values back where references stand for them: in the item itself, or in the argument list. */
export function resolveShared(item: unknown, spread: boolean, find: (id: number) => unknown): unknown {
  const resolve = (value: unknown) => {
    const id = sharedId(value);
    return id === undefined ? value : find(id);
  };
  return spread ? (item as unknown[]).map(resolve) : resolve(item);
}
