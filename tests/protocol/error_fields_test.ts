/** The fields of errors, as they cross to another thread: tests/protocol/error_record_test.ts has the rest. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { cross } from "./cross.ts";

Deno.test("a getter that throws costs its own field and nothing else", () => {
  const error = Object.assign(new Error("m"), { kept: 1 });
  for (const key of ["name", "stack", "cause", "field"]) {
    Object.defineProperty(error, key, {
      enumerable: true,
      get() {
        throw new Error("trap");
      },
    });
  }
  const back = cross(error);
  assertEquals([back.message, back.kept], ["m", 1]);
  assertEquals(back.field, "[unreadable: its getter throws]");
});

Deno.test("functions and symbols in fields are left out at any depth, and everything else is kept", () => {
  const { port1, port2 } = new MessageChannel();
  const back = cross(Object.assign(new Error("m", { cause: () => 1 }), {
    fn: () => 1,
    symbol: Symbol("s"),
    port: port1,
    response: { status: 503, headers: new Map<string, unknown>([["a", "b"], ["get", () => 1]]), json: () => 1 },
    list: [1, () => 1, { deep: { keep: 2, drop: Symbol("s") } }],
    set: new Set<unknown>([1, () => 1]),
  }));
  port1.close();
  port2.close();
  assertEquals(back.cause, "[not copied: a function]");
  assertEquals(["fn" in back, "symbol" in back, back.port], [false, false, "[not copied: MessagePort]"]);
  assertEquals(back.response, { status: 503, headers: new Map([["a", "b"]]) });
  assertEquals([back.list, back.set], [[1, undefined, { deep: { keep: 2 } }], new Set([1])]);
});

Deno.test("objects in fields that would arrive empty, and getters that throw, become a string that says so", () => {
  const back = cross(Object.assign(new Error("m"), {
    request: { url: new URL("https://a.test/"), headers: new Headers(), method: "GET" },
    trap: {
      kept: 1,
      get bad() {
        throw new Error("trap");
      },
    },
    proxy: [new Proxy({}, {})],
  }));
  assertEquals(back.request, { url: "[not copied: URL]", headers: "[not copied: Headers]", method: "GET" });
  assertEquals(back.trap, { kept: 1, bad: "[unreadable: its getter throws]" });
  assertEquals(back.proxy, ["[not copied: Object]"]);
});

Deno.test("own fields called errors, error and suppressed cross, of any class", () => {
  class ValidationError extends TypeError {
    errors = [{ path: "a", message: "missing" }];
    error = { code: 7 };
    suppressed = true;
  }
  const back = cross(new ValidationError("m"));
  assertEquals(
    { ...back },
    { errors: [{ path: "a", message: "missing" }], error: { code: 7 }, suppressed: true } as never,
  );
  const group = cross(Object.assign(new AggregateError([new RangeError("r")], "all"), { error: "own" }));
  assert(group.errors[0] instanceof RangeError);
  assertEquals([group.error, Object.keys(group)], ["own", ["error"]]);
});

Deno.test("errors inside of fields keep class, code and fields, and stay one object", () => {
  const inner = Object.assign(new RangeError("inner", { cause: new TypeError("deep") }), { code: "E_IN", at: [1] });
  const missing = new Deno.errors.NotFound("gone");
  const abort = new DOMException("stopped", "AbortError");
  const back = cross(Object.assign(new Error("m", { cause: inner }), {
    attempts: [{ reason: inner }, { reason: missing }, new Map([["abort", abort]])],
    first: inner,
  }));
  const [one, two, three] = back.attempts;
  assertStrictEquals(one.reason, back.cause);
  assertStrictEquals(back.first, back.cause);
  assert(back.cause instanceof RangeError && back.cause.cause instanceof TypeError && Error.isError(back.cause));
  assertEquals([back.first.code, back.first.at, back.first.stack], ["E_IN", [1], inner.stack]);
  assert(two.reason instanceof Deno.errors.NotFound);
  assertEquals([two.reason.name, two.reason.message], ["NotFound", "gone"]);
  assert(three.get("abort") instanceof DOMException);
  assertEquals([three.get("abort").name, three.get("abort").message], ["AbortError", "stopped"]);
});
