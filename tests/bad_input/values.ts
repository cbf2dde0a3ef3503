/**
 * Bad values: what a caller may pass by mistake, or out of malice.
 *
 * @module
 */

/** What the caller's own getters throw: it may come back as it is. */
export class CallersError extends Error {
  override name = "CallersError";
}

const fail = (): never => {
  throw new CallersError("of the caller's getter");
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const THROWING_TRAPS = { get: fail, ownKeys: fail, has: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail };

/** Makes each value anew, so that no case changes that of another. */
export const VALUES: Record<string, () => unknown> = {
  "null": () => null,
  "undefined": () => undefined,
  "true": () => true,
  "false": () => false,
  "NaN": () => NaN,
  "-1": () => -1,
  "-0": () => -0,
  "0": () => 0,
  "0.5": () => 0.5,
  "1e9": () => 1e9,
  "2**53": () => 2 ** 53,
  "Infinity": () => Infinity,
  "-Infinity": () => -Infinity,
  "1n": () => 1n,
  '""': () => "",
  '"x"': () => "x",
  '"\\0"': () => "\0",
  '"5"': () => "5",
  '"__proto__"': () => "__proto__",
  "10,000 letters": () => "x".repeat(10_000),
  "Symbol()": () => Symbol("s"),
  "Symbol.iterator": () => Symbol.iterator,
  "{}": () => ({}),
  "Object.create(null)": () => Object.create(null),
  "[]": () => [],
  "[undefined]": () => [undefined],
  "a list with holes": () => [, 1, , 2],
  "{ length: -1 }": () => ({ length: -1 }),
  "{ unknown: 1 }": () => ({ unknown: 1 }),
  "{ then: 1 }": () => ({ then: 1 }),
  "a thenable that never settles": () => ({ then: () => {} }),
  "() => {}": () => () => {},
  "class {}": () => class {},
  "a bound function": () => fail.bind(null),
  "a function that throws": () => fail,
  "an async generator function": () => async function* () {},
  "a promise": () => Promise.resolve(1),
  "a rejected promise": () => {
    const rejected = Promise.reject(new CallersError("of the caller's promise"));
    rejected.catch(() => {});
    return rejected;
  },
  "a Date": () => new Date(0),
  "an invalid Date": () => new Date(NaN),
  "a Map": () => new Map([[1, 2]]),
  "a Set": () => new Set([1]),
  "a RegExp": () => /x/g,
  "an Error": () => new Error("of the caller"),
  "a URL": () => new URL("https://example.com/"),
  "a WeakMap": () => new WeakMap(),
  "bytes": () => new Uint8Array(3),
  "a detached buffer": () => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  "a shared buffer": () => new SharedArrayBuffer(8),
  "a revoked proxy": revoked,
  "[a revoked proxy]": () => [revoked()],
  "a proxy whose traps throw": () => new Proxy({}, THROWING_TRAPS),
  "a function proxy whose traps throw": () => new Proxy(() => {}, THROWING_TRAPS),
  "getters that throw": () => ({
    get timeout(): never {
      return fail();
    },
    get signal(): never {
      return fail();
    },
    get length(): never {
      return fail();
    },
  }),
  "an iterator that throws": () => ({ [Symbol.iterator]: () => ({ next: fail }) }),
  "an iterable without an iterator": () => ({ [Symbol.iterator]: () => 1 }),
  "an async iterable without an iterator": () => ({ [Symbol.asyncIterator]: () => null }),
  "a cycle": () => {
    const cycle: Record<string, unknown> = {};
    return cycle.self = cycle;
  },
  "an aborted signal": () => AbortSignal.abort(),
  "globalThis": () => globalThis,
};
