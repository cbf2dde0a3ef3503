/**
 * Structured clone to bytes and back: what `postMessage` does, without a port between the two threads.
 *
 * It uses the serializer of the runtime and not `node:v8`, because `node:v8` refuses shared memory, and so every shared
 * object inside a message; it also turns Blobs into `{}` and separates views of one buffer. The runtime's serializer
 * writes shared memory as a key into a table of the process, so bytes that contain shared memory **can be read once**. A
 * queue gives each record to one consumer, once.
 *
 * The serializer is not a documented interface. `tests/canary/structured_bytes_test.ts` states what this file relies on.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { DOMException } from "../core/platform.ts";

interface RuntimeCore {
  serialize(value: unknown, options: undefined, fail: (message: string) => never): Uint8Array;
  deserialize(bytes: Uint8Array, options: { deserializers: unknown }): unknown;
  getCloneableDeserializers?(): unknown;
}

interface Internals {
  internal?: symbol;
  [internals: symbol]: { core?: RuntimeCore } | undefined;
}

function runtimeCore(): RuntimeCore {
  const deno = Deno as unknown as Internals;
  const core = deno.internal === undefined ? undefined : deno[deno.internal]?.core;
  if (typeof core?.serialize !== "function" || typeof core.deserialize !== "function") {
    throw new IsopoolError(
      "Cannot put into Queue: this version of Deno has no serializer for this value: send numbers, strings, plain " +
        "objects and arrays, or use a version that isopool is tested with",
    );
  }
  return core;
}

function fail(message: string): never {
  throw new DOMException(message, "DataCloneError");
}

/**
 * Serializes a structured-cloneable value.
 *
 * @throws {DOMException} `DataCloneError`, if the value cannot be cloned.
 */
export function toBytes(value: unknown): Uint8Array {
  return runtimeCore().serialize(value, undefined, fail);
}

/** Deserializes bytes of {@linkcode toBytes}. Bytes that contain shared memory can be read only once. */
export function fromBytes(bytes: Uint8Array): unknown {
  const core = runtimeCore();
  return core.deserialize(bytes, { deserializers: core.getCloneableDeserializers?.() });
}
