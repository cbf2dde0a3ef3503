/**
 * A depth-first search through a graph of states, each of which it visits once.
 *
 * @module
 */
import { type Found, Violation } from "./world.ts";

/**
 * Searches from a state on; stops at the first violation, which may also be a cycle. `successors` yields the labelled next
 * states, `checkEnd` tells whether a state is an end, and throws if that end is wrong.
 */
export function search(
  name: string,
  start: number[],
  successors: (state: number[]) => Generator<[string, number[]]>,
  checkEnd: (state: number[]) => boolean,
  limit: number,
): Found {
  const key = (state: number[]) => String.fromCharCode.apply(null, state as number[]);
  const startKey = key(start);
  // By state: whether it is on the path.
  const seen = new Map<string, boolean>([[startKey, true]]);
  const path = [{ label: "start", key: startKey, next: successors(start) }];
  let ends = checkEnd(start) ? 1 : 0;
  try {
    while (path.length > 0) {
      const top = path[path.length - 1];
      const { value, done } = top.next.next();
      if (done) {
        seen.set(top.key, false);
        path.pop();
        continue;
      }
      const [label, state] = value;
      const id = key(state);
      const known = seen.get(id);
      if (known === true) {
        path.push({ ...top, label });
        throw new Violation("a cycle: a thread spins");
      }
      if (known === false) continue;
      seen.set(id, true);
      path.push({ label, key: id, next: successors(state) });
      if (checkEnd(state)) ends++;
      if (seen.size > limit) throw new Error(`${name}: more than ${limit} states`);
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { states: seen.size, ends, violation: error.message, trace: path.map(({ label }) => label) };
  }
  return { states: seen.size, ends, violation: undefined, trace: [] };
}
