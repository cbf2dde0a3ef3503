/** Errors, as they cross to another thread: error_fields_test.ts has their fields. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as classes from "../../lib/core/errors.ts";
import { decodeRecords, decodeThrown } from "../../lib/protocol/error_decoder.ts";
import { encodeThrown } from "../../lib/protocol/error_record.ts";
import { cross } from "./cross.ts";

const url = "file:///m.ts";
const cause = new RangeError("deeper");
const samples: Error[] = [
  new Error("m", { cause }),
  new TypeError("m"),
  new RangeError("m"),
  new SyntaxError("m"),
  new ReferenceError("m"),
  new EvalError("m"),
  new URIError("m"),
  ...Object.values(Deno.errors).map((known) => new (known as ErrorConstructor)("m")),
  new classes.IsopoolError("m"),
  new classes.BrokenPoolError("m", { cause }),
  new classes.WorkerCrashedError("m", { reason: "exit", exitCode: 7, signal: "SIGKILL" }),
  new classes.WorkerCrashedError("m", { reason: "oom" }),
  new classes.TaskTimeoutError("m", { timeout: 5 }),
  new classes.TaskNotFoundError("m", { url, task: "a", exports: ["b"] }),
  new classes.TaskLoadError("m", { url, cause }),
  new classes.TransferError("m", { direction: "result", path: "result.x" }),
  new classes.WaitTimeoutError("m"),
  new classes.PoolClosedError("m"),
  new classes.CancelledError("m", { cause: "why" }),
];

for (const error of samples) {
  Deno.test(`an error crosses as itself: ${error.constructor.name}${"reason" in error ? ` (${error.reason})` : ""}`, () => {
    const back = cross(error);
    assertStrictEquals(back.constructor, error.constructor);
    assert(back instanceof Error && Error.isError(back));
    assertEquals([back.name, back.message, back.stack], [error.name, error.message, error.stack]);
    const { name: _, ...fields } = { ...error };
    assertEquals({ ...back }, fields as unknown, "own enumerable fields");
    assertEquals(Object.hasOwn(back, "cause"), Object.hasOwn(error, "cause"));
    if (error.cause instanceof Error) {
      assertEquals([back.cause.constructor, back.cause.message], [RangeError, "deeper"]);
    } else assertEquals(back.cause, error.cause);
  });
}

Deno.test("AggregateError crosses with each of its errors, in order, nested ones too", () => {
  const inner = new AggregateError([1, new TypeError("t")], "inner");
  const back = cross(new AggregateError([new Deno.errors.NotFound("n"), "text", inner], "outer"));
  assert(back instanceof AggregateError);
  assertEquals([back.message, back.errors.length, back.errors[1]], ["outer", 3, "text"]);
  assert(back.errors[0] instanceof Deno.errors.NotFound && back.errors[2] instanceof AggregateError);
  assert(back.errors[2].errors[0] === 1 && back.errors[2].errors[1] instanceof TypeError);
  assertEquals(Object.keys(back), []);
});

Deno.test("SuppressedError crosses with error and suppressed", () => {
  const back = cross(new SuppressedError(new TypeError("new"), new RangeError("old"), "both"));
  assert(back instanceof SuppressedError && back.error instanceof TypeError && back.suppressed instanceof RangeError);
  assertEquals([back.message, back.error.message, back.suppressed.message], ["both", "new", "old"]);
});

Deno.test("DOMException crosses with name, code and message", () => {
  for (const name of ["AbortError", "TimeoutError", "DataCloneError", "QuotaExceededError"]) {
    const error = new DOMException("m", name);
    const back = cross(error);
    assert(back instanceof DOMException);
    assertEquals([back.name, back.code, back.message, back.stack], [name, error.code, "m", error.stack]);
  }
});

Deno.test("an error of a user's class crosses with name, code and fields", () => {
  class HttpError extends RangeError {
    override name = "HttpError";
    readonly code = "E_HTTP";
    constructor(readonly status: number, readonly headers: Map<string, string>) {
      super("bad status");
    }
  }
  const back = cross(new HttpError(503, new Map([["a", "b"]])));
  assertEquals([back.name, back.message, back.code, back.status], ["HttpError", "bad status", "E_HTTP", 503]);
  assertEquals(back.headers, new Map([["a", "b"]]));
  assert(back instanceof RangeError);
});

Deno.test("causes cross whole: a chain of 100, a cycle, an error shared by two fields, a cause that is no error", () => {
  let chain: Error | undefined;
  for (let depth = 99; depth >= 0; depth--) chain = new Error(`${depth}`, chain && { cause: chain });
  let back = cross(chain);
  for (let depth = 0; depth < 100; depth++, back = back.cause) assertEquals(back.message, `${depth}`);
  assertEquals(back, undefined);

  const first = new Error("first"), second = new TypeError("second", { cause: first });
  first.cause = second;
  const round = cross(first);
  assert(round.cause instanceof TypeError);
  assertStrictEquals(round.cause.cause, round);

  const shared = new Error("shared");
  const both = cross(Object.assign(new Error("m", { cause: shared }), { again: shared }));
  assertStrictEquals(both.again, both.cause);
  assertEquals(cross(new Error("m", { cause: undefined })).cause, undefined);
  assertEquals(cross(new Error("m", { cause: { plain: [1] } })).cause, { plain: [1] });
});

Deno.test("AggregateError and SuppressedError of another realm keep their errors", async () => {
  const { runInNewContext } = await import("node:vm");
  const group = cross(runInNewContext('new AggregateError([new RangeError("r"), 5], "all")'));
  assert(group instanceof AggregateError && group.errors[0] instanceof RangeError);
  assertEquals([group.message, group.errors.length, group.errors[1]], ["all", 2, 5]);
  const both = cross(runInNewContext('new SuppressedError(new RangeError("new"), new TypeError("old"), "both")'));
  assert(both instanceof SuppressedError && both.error instanceof RangeError && both.suppressed instanceof TypeError);
});

Deno.test("a field of an error with a list of length 2^32 - 1 crosses in less than a second", () => {
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  sparse[7] = "seven";
  const start = performance.now();
  const back = cross(Object.assign(new Error("m"), { sparse, errors: sparse }));
  assertEquals([back.sparse.length, Object.keys(back.sparse), back.sparse[7]], [2 ** 32 - 1, ["7"], "seven"]);
  assert(performance.now() - start < 1000);
});

Deno.test("records that share their lists and fields, or have endless ones, are decoded in less than 5 s", () => {
  const endless = () => Object.assign([], { length: 2 ** 32 - 1 });
  const records: Record<string, unknown>[] = Array.from({ length: 10_000 }, () => ({ classes: endless() }));
  const errors = records.map((error) => ({ error }));
  const fields = Object.fromEntries(errors.map((error, i) => [`field${i}`, error]));
  const wrapped = { value: 1, errors: records };
  for (const record of records) Object.assign(record, { errors, fields, cause: wrapped });
  const alone = Array.from({ length: 10_000 }, () => ({ errors: endless(), fields: { wrapped } }));
  const start = performance.now();
  assert(Error.isError(decodeThrown({ error: { errors: [...errors, ...alone.map((error) => ({ error }))] } })));
  assertEquals(decodeRecords(endless()), []);
  assert(performance.now() - start < 5_000, `${performance.now() - start} ms`);
});

Deno.test("a frozen error crosses", () => {
  const back = cross(Object.freeze(Object.assign(new TypeError("m", { cause: 1 }), { code: "E" })));
  assert(back instanceof TypeError);
  assertEquals([back.message, back.code, back.cause], ["m", "E", 1]);
});

Deno.test("a field called __proto__ stays a field", () => {
  const error = new Error("m");
  Object.defineProperty(error, "__proto__", { value: { evil: true }, enumerable: true });
  const back = cross(error);
  assertStrictEquals(Object.getPrototypeOf(back), Error.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(back, "__proto__")?.value, { evil: true });
  assertEquals(back.evil, undefined);
});

Deno.test("a thrown value that is no error crosses unchanged", () => {
  for (const value of [undefined, null, 0, -0, NaN, "text", 7n, true, [1, { a: 2 }], { code: 1 }, new Map([[1, 2]])]) {
    assertEquals(cross(value), value);
  }
  assertEquals(cross(new Date(5)), new Date(5));
  assertEquals(cross(() => 1), "[not copied: a function]");
  assertEquals(cross(Symbol("s")), "[not copied: a symbol]");
  assertEquals(cross({ fn: () => 1, kept: 1 }), { kept: 1 });
});

Deno.test("names and messages that are no strings become strings", () => {
  const error = new Error("m");
  Object.assign(error, { name: 5 });
  Object.defineProperty(error, "message", { value: { toString: () => "object" } });
  const back = cross(error);
  assertEquals([back.name, back.message], ["5", "object"]);
});

Deno.test("an error of another realm, and an object that only inherits from Error, are errors", async () => {
  const { runInNewContext } = await import("node:vm");
  const foreign = cross(runInNewContext('Object.assign(new TypeError("far"), { code: "E_FAR" })'));
  assert(foreign instanceof TypeError);
  assertEquals([foreign.message, foreign.code], ["far", "E_FAR"]);
  const old = cross(Object.assign(Object.create(TypeError.prototype), { message: "old style" }));
  assert(old instanceof TypeError);
  assertEquals(old.message, "old style");
});

Deno.test("encoding does not throw at revoked proxies and proxies that throw", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = new Proxy(new Error("m"), {
    ownKeys() {
      throw new Error("trap");
    },
  });
  const failed: string[] = [];
  for (const [what, value] of Object.entries({ revoked: proxy, hostile })) {
    try {
      cross(value);
    } catch (error) {
      failed.push(`${what}: ${error}`);
    }
  }
  assertEquals(failed, []);
});

Deno.test("encoding does not throw at a chain of 20,000 causes", () => {
  let chain = new Error("0");
  for (let i = 0; i < 20_000; i++) chain = new Error("m", { cause: chain });
  assert(encodeThrown(chain) !== undefined);
});

Deno.test("decodeRecords() decodes each of 20,001 errors of one value, and none twice", () => {
  const cause = { error: { classes: ["TypeError"], name: "TypeError", message: "why", stack: "", fields: {} } };
  // More than twice as many as one record may have.
  const records = Array.from({ length: 20_001 }, (_, code) => ({
    classes: ["RangeError"],
    name: "RangeError",
    message: "own",
    stack: "",
    cause,
    fields: { code: { value: code } },
  }));
  const errors = decodeRecords([...records, records[0]]) as (Error & { code: number })[];
  assertEquals(errors.filter((error, at) => error instanceof RangeError && error.code === at).length, 20_001);
  assertStrictEquals(errors[20_001], errors[0]);
  assertStrictEquals(errors[7].cause, errors[8].cause);
  assertEquals(decodeRecords("no list"), []);
});
