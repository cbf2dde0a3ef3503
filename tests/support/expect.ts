/**
 * `expectError()`: an assertion that narrows the type. Through the npm import map, those of `@std/assert` are untyped.
 *
 * @module
 */
import { assertInstanceOf } from "@std/assert";

/** Asserts the class of a thrown value, and returns the value as that class. */
// deno-lint-ignore no-explicit-any -- any constructor
export function expectError<E extends Error>(thrown: unknown, type: abstract new (...args: any[]) => E): E {
  assertInstanceOf(thrown, type, `Expected ${type.name}, got ${Deno.inspect(thrown)}`);
  return thrown as E;
}
