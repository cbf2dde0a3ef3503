/**
 * Handles of shared objects that a hostile task has made: a field holds something else than the library puts there. They
 * are refused, or make an object, within a second: a list of length 2^32 - 1 is a small message, and takes a minute as text.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  IsopoolError,
  JoinableQueue,
  Lock,
  Manager,
  Pipe,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { handlesOf } from "../../lib/protocol/error_handle.ts";
import type { Shared } from "../../lib/shared/handle.ts";
import { decode, encode, type Envelope } from "../../lib/shared/revive.ts";

function endless(): unknown[] {
  const list: unknown[] = [];
  list.length = 2 ** 32 - 1;
  return list;
}

class Account {
  deposit(): void {}
}

const MAX_MS = 1_000;
const NONSENSE: Record<string, () => unknown> = {
  "a list of length 2^32 - 1": endless,
  "a list with such a list": () => [endless()],
  "an object with such lists": () => ({ length: endless(), kind: endless(), name: endless(), 0: endless() }),
  "a Map with such a key": () => new Map([[endless(), endless()]]),
};

/** Where the parts of a copied handle are, those of the handles inside of it included. */
function* placesIn(part: object): Generator<[owner: Record<string, unknown>, key: string]> {
  for (const [key, value] of Object.entries(part)) {
    yield [part as Record<string, unknown>, key];
    const isPlain = typeof value === "object" && value !== null &&
      (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
    if (isPlain) yield* placesIn(value);
  }
}

const error = new Error("m", { cause: new AggregateError([new TypeError("t")]) });
using manager = new Manager();
const objects: Shared[] = [
  new Barrier(2),
  new BoundedSemaphore(2),
  new Condition(),
  new Counter(),
  new JoinableQueue(),
  new Lock(),
  manager,
  manager.dict(),
  manager.list(),
  manager.namespace({}),
  manager.register(Account)() as unknown as Shared,
  manager.value(1),
  new Queue(),
  new RLock(),
  new Semaphore(),
  new SharedArray("i32", 4),
  new SharedEvent(),
  new Value("i64", 1n),
  ...Pipe(),
  ...handlesOf([error]).values(),
];

for (const [what, nonsense] of Object.entries(NONSENSE)) {
  Deno.test(`a handle with ${what} in any field makes an object or a library's error, within 1 s`, () => {
    const problems: string[] = [];
    let cases = 0;
    for (const object of objects) {
      const copy = () => structuredClone(encode([object])) as Envelope & { value: [object] };
      const count = [...placesIn(copy().value[0])].length;
      for (let at = 0; at < count; at++) {
        const forged = copy();
        const [owner, key] = [...placesIn(forged.value[0])][at];
        owner[key] = nonsense();
        const start = performance.now();
        try {
          const [revived] = decode(forged) as [Shared];
          // What a program does with what it has received.
          `${revived}`;
          structuredClone(encode([revived]));
        } catch (error) {
          // Constructors of the library check their arguments.
          const isOurs = error instanceof IsopoolError || (error as Error).message?.startsWith("Cannot ");
          if (!isOurs) problems.push(`${object}, ${key}: ${error}`);
        }
        const ms = performance.now() - start;
        if (ms > MAX_MS) problems.push(`${object}, ${key}: ${Math.round(ms)} ms`);
        cases++;
      }
    }
    assertEquals(problems, []);
    assert(cases > 100, `${cases} cases`);
  });
}
