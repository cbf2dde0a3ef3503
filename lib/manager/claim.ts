/**
 * A claim: which object a request wants, and whether it wants the object exclusively.
 *
 * @module
 */

/** Stands for all objects of a manager where a claim names one. */
export const ALL_OBJECTS = 0;

/** What a request wants. */
export interface Claim {
  readonly resource: number;
  /** A transaction is exclusive, a call is not. */
  readonly exclusive: boolean;
}

/** Returns whether two claims cannot be granted at the same time. */
export function conflict(a: Claim, b: Claim): boolean {
  return (a.exclusive || b.exclusive) &&
    (a.resource === b.resource || a.resource === ALL_OBJECTS || b.resource === ALL_OBJECTS);
}
