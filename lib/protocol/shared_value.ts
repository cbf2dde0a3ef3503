/**
 * Values that go to each worker once and are named by number after that.
 *
 * @module
 */

/** Stands for a shared value among arguments. */
export interface SharedRef {
  readonly "isopool:value": number;
}

/** A shared value on the host's side. */
export interface SharedEntry {
  readonly value: unknown;
  /** Whether there may be shared objects in it (lib/shared/revive.ts). */
  readonly handles: boolean;
  /** Whether its handle was disposed of: calls that have it already still get it, and then it can go. */
  disposed: boolean;
}

/** Shared values that arguments stand for, by id. */
export type Shares = ReadonlyMap<number, SharedEntry>;

/** Names a shared value. */
export function sharedRef(id: number): SharedRef {
  return { "isopool:value": id };
}

/** Which shared value an argument stands for, if it does. */
export function sharedId(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "isopool:value")) return undefined;
  return (value as SharedRef)["isopool:value"];
}

/** Puts shared values back where references stand for them: in the item itself, or in the argument list. */
export function resolveShared(item: unknown, spread: boolean, valueOf: (id: number) => unknown): unknown {
  const resolve = (value: unknown) => {
    const id = sharedId(value);
    return id === undefined ? value : valueOf(id);
  };
  return spread ? (item as unknown[]).map(resolve) : resolve(item);
}
