import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import * as isopool from "@isopool/isopool";
import { Pool, TaskTimeoutError } from "@isopool/isopool";
import { failing } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

type Thrower<A extends unknown[]> = isopool.Task<A, never>;

/** Runs a task that throws; returns the error that arrives. */
async function thrown<A extends unknown[]>(task: Thrower<A>, ...args: A): Promise<unknown> {
  await using pool = new Pool(1);
  const future = pool.submit(task, ...args);
  return await within(MUST_HAPPEN, future.then(() => assert(false, "the task did not throw"), (error) => error));
}

const BUILTINS = ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError"];

test("every built-in class arrives as itself, with name, message and cause", async () => {
  for (const name of BUILTINS) {
    const error = await thrown(failing.throwBuiltin, name) as Error;
    const known = (globalThis as unknown as Record<string, ErrorConstructor>)[name];
    assertStrictEquals(Object.getPrototypeOf(error), known.prototype);
    assertEquals([error.name, error.message, error.cause], [name, `a ${name}`, "the cause"]);
    assert(Error.isError(error));
  }
});

test("every class of Deno.errors arrives as itself", async () => {
  await using pool = new Pool(1);
  const names = Object.keys(Deno.errors) as (keyof typeof Deno.errors)[];
  assert(names.length > 10);
  for (const name of names) {
    const error = await pool.submit(failing.throwBuiltin, name).exception() as Error;
    assertInstanceOf(error, Deno.errors[name]);
    assertEquals([error.name, error.message, error.cause], [name, `a ${name}`, "the cause"]);
  }
});

test("AggregateError arrives with its errors, also nested ones and values that are no errors", async () => {
  const error = expectError(await thrown(failing.throwAggregate), AggregateError);
  const [one, two, inner] = error.errors;
  assertEquals([error.message, error.errors.length, two], ["several", 3, "two"]);
  assertEquals([expectError(one, TypeError).message, expectError(inner, AggregateError).message], ["one", "inner"]);
  assertEquals(expectError(inner.errors[0], RangeError).message, "deep");
  assertEquals(expectError(error.cause, URIError).message, "why");
});

test("SuppressedError arrives with both of its errors", async () => {
  const error = expectError(await thrown(failing.throwSuppressed), SuppressedError);
  assertEquals(error.message, "both");
  assertEquals(expectError(error.error, RangeError).message, "in dispose");
  assertEquals(expectError(error.suppressed, TypeError).message, "in body");
});

test("DOMException arrives as a DOMException, with name and code", async () => {
  const error = expectError(await thrown(failing.throwDomException), DOMException);
  assertEquals([error.name, error.message, error.code], ["NotFoundError", "no such thing", 8]);
});

test("a class that exists only in the worker arrives as an Error with its name, code and fields", async () => {
  const error = await thrown(failing.throwCustom) as Error & Record<string, unknown>;
  assertStrictEquals(Object.getPrototypeOf(error), Error.prototype);
  assertEquals([error.name, error.message, error.code], ["PaymentError", "declined", "E_PAYMENT"]);
  assertEquals(error.details, { amount: 42, when: new Date(0) });
});

test("a class derived from a built-in one arrives as the built-in class, under its own name", async () => {
  const error = expectError(await thrown(failing.throwDerived), TaskTimeoutError);
  assertEquals([error.name, error.message, error.timeout], ["LateError", "late", 7]);
});

const OWN: Record<string, Record<string, unknown>> = {
  IsopoolError: {},
  BrokenPoolError: {},
  CheckpointError: {},
  ClusterError: {},
  StageError: { stage: 2, function: "parse", item: "x" },
  WorkerCrashedError: { reason: "oom", exitCode: 3, signal: "SIGKILL" },
  TaskTimeoutError: { timeout: 12 },
  TaskNotFoundError: { url: "file:///m.ts", task: "t", exports: ["a", "b"] },
  TaskLoadError: { url: "file:///m.ts" },
  TransferError: { direction: "result", path: "result.x" },
  WaitTimeoutError: {},
  PermissionScopeError: { flag: "--allow-net" },
  PoolClosedError: {},
  QueueFullError: {},
  CancelledError: {},
  LockAbandonedError: { recoverable: true },
  LockLostError: {},
  BrokenBarrierError: {},
  QueueClosedError: { value: 7 },
  ItemLostError: { tickets: [3] },
  ManagerClosedError: {},
  DeadlockError: {},
};
for (const [name, fields] of Object.entries(OWN)) {
  test(`${name} thrown by a task arrives whole`, async () => {
    const error = await thrown(failing.throwOwn, name) as Error & Record<string, unknown>;
    const known = (isopool as unknown as Record<string, ErrorConstructor>)[name];
    assertStrictEquals(Object.getPrototypeOf(error), known.prototype);
    assertInstanceOf(error, isopool.IsopoolError);
    assertEquals([error.name, error.message], [name, name]);
    for (const [key, value] of Object.entries(fields)) assertEquals(error[key], value);
    assertEquals(expectError(error.cause, RangeError).message, "beneath");
  });
}

test("every error class that the module exports is covered here", () => {
  const exported = Object.entries(isopool).filter(([, value]) => {
    return typeof value === "function" &&
      (value === isopool.IsopoolError || value.prototype instanceof isopool.IsopoolError);
  });
  assertEquals(exported.map(([name]) => name).sort(), Object.keys(OWN).sort());
  return Promise.resolve();
});

test("errors of the system keep their code and class", async () => {
  const deno = await thrown(failing.throwSystem) as Error & { code?: string };
  assertInstanceOf(deno, Deno.errors.NotFound);
  assertEquals(deno.code, "ENOENT");
  const node = await thrown(failing.throwNodeSystem) as Error & Record<string, unknown>;
  assertEquals([node.code, node.syscall, node.path], ["ENOENT", "open", "/nonexistent/file"]);
});

test("the stack has the worker's frames first, then the call site in the caller's file", async () => {
  await using pool = new Pool(1);
  const calls: Record<string, () => PromiseLike<unknown>> = {
    submit: () => pool.submit(failing.throwBuiltin, "RangeError"),
    apply: () => pool.apply(failing.throwBuiltin, ["RangeError"]),
    map: () => pool.map(failing.throwBuiltin, ["RangeError"]),
    starmap: () => pool.starmap(failing.throwBuiltin, [["RangeError"]]),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await Promise.resolve(call()).then(() => assert(false), (error) => error as Error);
    const stack = error!.stack!;
    const remote = stack.indexOf("failing.ts:");
    const mark = stack.indexOf("submitted:");
    const local = stack.indexOf("errors_test.ts:");
    assert(stack.startsWith("RangeError: a RangeError"), `${name}: ${stack}`);
    assert(remote > 0 && remote < mark && mark < local, `${name}: ${stack}`);
    assertEquals(stack.split("submitted:").length, 2, `${name}: ${stack}`);
    assert(!stack.slice(mark).includes("/lib/pool/"), `the library's own frames are no news: ${name}: ${stack}`);
  }
});

test("of many calls within 10 ms, the first 32 have call sites of their own; the others share that of the 32nd, and say so", async () => {
  await using pool = new Pool(1);
  const fail = () => pool.submit(failing.throwBuiltin, "RangeError");
  const submitted = async (count: number): Promise<string[]> => {
    // Another task in between begins a new period.
    await pool.submit(failing.reject, "later").exception();
    const futures = [];
    for (let n = 1; n < count; n++) futures.push(fail());
    futures.push(pool.submit(failing.throwBuiltin, "RangeError"));
    const errors = await Promise.all(futures.map((future) => future.exception()));
    return errors.map((error) => (error as Error).stack!.split("submitted:")[1]);
  };
  const lineOf = (text: string) => /errors_test.ts:(\d+:\d+)/.exec(text)![1];
  const few = await submitted(32);
  assertEquals([new Set(few.map(lineOf)).size, new Set(few.slice(0, -1)).size], [2, 1]);
  const many = await submitted(100);
  assertEquals([new Set(many.map(lineOf)).size, lineOf(many[0])], [1, lineOf(few[0])]);
  const says = many.map((text) => text.includes("one of many calls within 10 ms"));
  assertEquals([says.indexOf(true), says.lastIndexOf(false)], [32, 31]);
});

test("a rejected error arrives in the same way as a thrown one", async () => {
  const error = expectError(await thrown(failing.reject, "later"), TypeError);
  assertEquals(error.message, "later");
  assert(error.stack!.includes("failing.ts:") && error.stack!.includes("submitted:"));
});

for (
  const value of [undefined, null, false, 0, -0, NaN, "text", 10n ** 20n, { code: 5 }, [1, [2]], new Map([[1, 2]])]
) {
  test(`a thrown ${Deno.inspect(value)} arrives as it is`, async () => {
    const arrived = await thrown(failing.throwValue, value);
    assertEquals(arrived, value);
    if (typeof value !== "object") assertStrictEquals(arrived, value);
  });
}

test("an unusual thrown value settles the future, and the pool goes on", async () => {
  await using pool = new Pool(1);
  const of = async (kind: string) => {
    const future = pool.submit(failing.throwUnusual, kind);
    return await within(MUST_HAPPEN, future.then(() => assert(false, kind), (error) => error));
  };
  assertEquals(await of("undefined"), undefined);
  assertEquals(await of("function"), "[not copied: a function]");
  assertEquals(await of("symbol"), "[not copied: a symbol]");
  assertEquals((await of("frozen")).message, "frozen");
  assertEquals((await of("getter")).message, "getter");
  const field = await of("uncloneable field");
  assertEquals([field.message, field.code, "close" in field], ["field", "E_FIELD", false]);
  assertEquals((await of("uncloneable cause")).cause, "[not copied: a function]");
  const cyclic = await of("cyclic");
  assert(cyclic.cause === cyclic && cyclic.self === cyclic);
});

test("a chain of 100 causes arrives, each with its class", async () => {
  let error = await thrown(failing.throwDeep, 100) as Error;
  for (let level = 99; level > 0; level--) {
    assertInstanceOf(error, RangeError);
    assertEquals(error.message, `level ${level}`);
    error = error.cause as Error;
  }
  assertEquals([error.message, error.cause], ["level 0", undefined]);
});
