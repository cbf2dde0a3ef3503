/**
 * The elements of a list that came from elsewhere. A list of ten elements can have a length of 2^32 - 1,
 * and a loop over its indexes takes a minute.
 *
 * @module
 */

/** Number of holes after which a list is read by its keys. Up to it, reading by index is faster. */
export const MAX_HOLES = 1024;

const NO_ELEMENTS: readonly unknown[] = [];

/** Calls `visit` with each element that a list has, in order. The time depends on their number, not on the length. */
export function forEachElement(list: readonly unknown[], visit: (element: unknown, index: number) => void): void {
  if (hasInheritedElements()) return visitByKey(list, -1, visit);
  const { length } = list;
  let holes = 0;
  for (let i = 0; i < length; i++) {
    const element = list[i];
    if (element !== undefined || Object.hasOwn(list, i)) visit(element, i);
    else if (++holes > MAX_HOLES) return visitByKey(list, i, visit);
  }
}

// Whether a program has set an element on a prototype: it is read in place of every hole.
function hasInheritedElements(): boolean {
  for (const _ in NO_ELEMENTS) return true;
  return false;
}

function visitByKey(list: readonly unknown[], from: number, visit: (element: unknown, index: number) => void): void {
  for (const key of Object.keys(list)) {
    const index = Number(key);
    // Keys that are no index come last; `list.length` may have changed meanwhile.
    if (!(index < 2 ** 32 - 1) || String(index) !== key) return;
    if (index > from) visit(list[index], index);
  }
}

/** Whether a value is a list without holes. The time depends on the number of elements before the first hole. */
export function isDense(value: unknown): value is unknown[] {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (value[i] === undefined && !Object.hasOwn(value, i)) return false;
  return true;
}
