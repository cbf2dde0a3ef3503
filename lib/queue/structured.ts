/**
 * Structured clone to bytes and back: what `postMessage` does, without a port between the two threads.
 *
 * The runtime's own serializer, and not `node:v8`: that one refuses shared memory, and so every shared object inside a
 * message, turns Blobs into `{}`, and separates views of one buffer. Here shared memory is written as a key into a table
 * of the process, so bytes that hold some **can be read once**. A queue gives each record to one consumer, once.
 *
 * It is not a documented interface. `tests/canary/structured_bytes_test.ts` states what is leaned on.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";

interface Core {
  serialize(value: unknown, options: undefined, fail: (message: string) => never): Uint8Array;
  deserialize(bytes: Uint8Array, options: { deserializers: unknown }): unknown;
  getCloneableDeserializers?(): unknown;
}

interface Internals {
  internal?: symbol;
  [internals: symbol]: { core?: Core } | undefined;
}

function find(): Core {
  const deno = Deno as unknown as Internals;
  const core = deno.internal === undefined ? undefined : deno[deno.internal]?.core;
  if (typeof core?.serialize !== "function" || typeof core.deserialize !== "function") {
    throw new IsopoolError(
      "Cannot put into Queue: this version of Deno has no serializer for anything but plain data: send numbers, " +
        "strings, plain objects and arrays, or use a version that isopool is tested with",
    );
  }
  return core;
}

function fail(message: string): never {
  throw new DOMException(message, "DataCloneError");
}

/**
 * Turns any structured-cloneable value into bytes.
 *
 * @throws {DOMException} `DataCloneError`, if it is none.
 */
export function toBytes(value: unknown): Uint8Array {
  return find().serialize(value, undefined, fail);
}

/** Makes the value that the bytes stand for. Once. */
export function fromBytes(bytes: Uint8Array): unknown {
  const core = find();
  return core.deserialize(bytes, { deserializers: core.getCloneableDeserializers?.() });
}
