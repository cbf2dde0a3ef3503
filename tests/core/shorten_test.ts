import { assertEquals } from "@std/assert";
import { shorten, shortenAll } from "../../lib/core/shorten.ts";

Deno.test("shorten(): values in a few words, at most 60 characters", () => {
  const shown = (value: unknown) => shorten(value);
  assertEquals(
    [shown("a"), shown(1n), shown(null), shown(undefined), shown(Symbol("s")), shown(() => 1)],
    ['"a"', "1n", "null", "undefined", "Symbol(s)", "a function"],
  );
  assertEquals(shown({ url: "b.png", size: [1, [2, [3]]] }), '{ url: "b.png", size: [1, Array(2)] }');
  assertEquals(shown([1, 2, 3, 4, 5]), "[1, 2, 3, 4, …]");
  assertEquals(shown(new Uint8Array(1024)), "Uint8Array(1024 bytes)");
  assertEquals([shown(new Map()), shown(new (class Job {})()), shown(Object.create(null))], ["Map", "Job", "{}"]);
  assertEquals(shown("x".repeat(1e6)).length, 60);
  assertEquals(shown(Array.from({ length: 1e6 }, () => "y".repeat(100))).length, 60);
  assertEquals(shortenAll(["a", 1, { b: true }]), '"a", 1, { b: true }');
  assertEquals(shortenAll([1, 2, 3, 4, 5]), "1, 2, 3, 4…");
});

Deno.test("shorten(): runs no code of the value's own, and takes a revoked proxy and one that throws", () => {
  const boom = () => {
    throw new Error("ran");
  };
  const value = Object.defineProperty({ toJSON: boom, toString: boom, x: 1 }, "y", { get: boom, enumerable: true });
  assertEquals(shorten(value), "{ toJSON: a function, toString: a function, x: 1, y: undefi…");
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assertEquals([shorten(proxy), shorten([proxy])], ["an object", "[an object]"]);
  assertEquals(shorten(new Proxy({}, { getPrototypeOf: boom, ownKeys: boom })), "an object");
});
