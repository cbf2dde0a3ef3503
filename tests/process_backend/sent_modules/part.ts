/** A part of a task's module. */

/** Returns where it was loaded from. */
export function part(): string {
  return import.meta.url;
}
