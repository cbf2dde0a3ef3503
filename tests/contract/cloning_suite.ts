import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Counter, Lock, Queue, TransferError } from "@isopool/isopool";
import { Buffer } from "node:buffer";
import { Manager } from "@isopool/isopool/manager";
import { coded, describeErrors, type ErrorTree, errorTree, HOLLOW, hollow } from "../fixtures/tasks/cloning.ts";
import { cloning, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import type { AnyPool, Suite } from "./backend.ts";

/** The path of a refused value; `undefined` if the value was not refused. */
async function refusedPath(outcome: PromiseLike<unknown>): Promise<string | undefined> {
  try {
    await outcome;
    return undefined;
  } catch (error) {
    return expectError(error, TransferError).path;
  }
}

/** Values that structured clone alone would change without a word. */
export const cloningSuite: Suite = (backend, check) => {
  const { isolated } = backend.capabilities;
  const path = (expected: string) => isolated ? expected : undefined;

  for (const kind of HOLLOW) {
    check(
      `${kind} is ${isolated ? "refused with its path" : "passed as it is"}, as argument, item and result`,
      async () => {
        await using pool = backend.make({ workers: 1 });
        const value = hollow(kind);
        assertEquals(await refusedPath(pool.submit(values.echo, value)), path("args[0]"));
        assertEquals(await refusedPath(pool.submit(values.echo, { list: [value] })), path("args[0].list[0]"));
        assertEquals(await refusedPath(pool.submit(values.echo, new Map([["k", value]]))), path('args[0].get("k")'));
        assertEquals(await refusedPath(pool.map(values.echo, [1, { part: value }])), path("items[1].part"));
        assertEquals(await refusedPath(pool.submit(cloning.returnHollow, kind)), path("result.list[1].part"));
        assertEquals(await pool.submit(cloning.emitHollow, kind), isolated ? "value.part" : "not refused");
        const items = Array.fromAsync(pool.stream(cloning.yieldHollow, kind));
        assertEquals(await refusedPath(items), path("value.part"));
      },
    );
  }

  check("an item that cannot be copied: the error names item, part and call; others arrive", async () => {
    await using pool = backend.make({ workers: 1 });
    const refused = [1, { f() {} }];
    const maps = [
      pool.map(values.echo, refused, { onError: "settle" }),
      pool.starmap(values.echo, [[1], [{ f() {} }]], { onError: "settle" }),
    ];
    for (const [n, map] of maps.entries()) {
      const [first, second] = await map;
      assertEquals(first, { index: 0, status: "fulfilled", value: 1 });
      if (!isolated) {
        assertEquals(second.status, "fulfilled");
        continue;
      }
      const error = expectError((second as PromiseRejectedResult).reason, TransferError);
      const path = ["items[1].f", "items[1][0].f"][n];
      assertEquals(error.path, path);
      assert(error.message.startsWith(`Cannot send argument ${path}: a function (f) cannot`), error.message);
      const [, frames] = error.stack!.split("submitted:");
      assert(/^\s+at items\[1\] .*\n\s+at .*cloning_suite\.ts/.test(frames ?? ""), error.stack);
    }
  });

  check(`objects of this library are ${isolated ? "refused with advice" : "passed as they are"}`, async () => {
    await using pool = backend.make({ workers: 1 });
    const results = pool.imap(values.double, [1]);
    const group = pool.group();
    for (const part of [pool.submit(values.double, 1), results, group, pool]) {
      const future = pool.submit(values.count, { part });
      assertEquals(await refusedPath(future), path("args[0].part"));
      if (isolated) {
        const { message } = expectError(await future.exception(), TransferError);
        assert(/empty object: (await|make)/.test(message), message);
        assert(message.includes(`: ${part.constructor.name} cannot`), message);
      }
    }
    for await (const _ of results);
    await group[Symbol.asyncDispose]();
  });

  check("a view arrives with its own bytes, as argument, item and result", async () => {
    await using pool = backend.make({ workers: 1 });
    const big = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const view = big.subarray(2, 4);
    const bytes = (count: number) => isolated ? count : big.byteLength;
    assertEquals(await pool.submit(cloning.describeView, view), [3, 4, bytes(2)]);
    assertEquals(await pool.submit(cloning.describeView, { view }), [3, 4, bytes(2)]);
    assertEquals(await pool.submit(cloning.describeView, new DataView(big.buffer, 2, 2)), [3, 4, bytes(2)]);
    assertEquals(await pool.map(cloning.describeView, [view, big.subarray(0, 1)]), [[3, 4, bytes(2)], [1, bytes(1)]]);
    const text = Buffer.from("hi");
    assertEquals(await pool.submit(cloning.describeView, text), [104, 105, isolated ? 2 : text.buffer.byteLength]);
    const part = await pool.submit(cloning.returnPart);
    assertEquals([...part, part.buffer.byteLength], [7, 7, 7, isolated ? 3 : 1_000_000]);
    const [one, { text: hello }, map] = await pool.submit(cloning.returnParts) as [
      Uint8Array,
      { text: Uint8Array },
      Map<string, Float64Array>,
    ];
    assertEquals([[...one], new TextDecoder().decode(hello), [...map.get("f")!]], [[7, 7], "hello", [1, 1]]);
    if (isolated) {
      assertEquals([one.buffer.byteLength, hello.buffer.byteLength, map.get("f")!.buffer.byteLength], [2, 5, 16]);
    }
  });

  check("views of one buffer that travel together share it", async () => {
    await using pool = backend.make({ workers: 1 });
    const big = new Uint8Array(8);
    assertEquals(await pool.submit(cloning.shareBuffer, [big.subarray(0, 2), big.subarray(1, 3)]), true);
  });

  check("returned and yielded errors keep class, code, fields and cause", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- fields of a class that is not known here
    const isCoded = (error: any) => {
      assert(error instanceof RangeError && Error.isError(error));
      assertEquals([error.name, error.message], ["CodedError", "coded"]);
      // deno-lint-ignore no-explicit-any -- as above
      const { code, status, errors, cause, stack } = error as any;
      assertEquals([code, status, errors], ["E_CODED", 503, [{ path: "a" }]]);
      assert(cause instanceof TypeError && stack.includes("cloning.ts"));
      assertEquals((cause as { code?: string }).code, "E_DEEP");
    };
    isCoded(await pool.submit(cloning.returnError));
    for await (const error of pool.stream(cloning.yieldError)) isCoded(error);
    const [one, coded, gone, all, abort] = await pool.submit(cloning.settled) as PromiseRejectedResult[];
    assertEquals<unknown>(one, { status: "fulfilled", value: 1 });
    isCoded(coded.reason);
    assert(gone.reason instanceof Deno.errors.NotFound && all.reason instanceof AggregateError);
    assertStrictEquals(all.reason.errors[0], coded.reason);
    assert(abort.reason instanceof DOMException);
    assertEquals(abort.reason.name, "AbortError");
    // deno-lint-ignore no-explicit-any -- fields of a class that is not known here
    const error: any = await pool.submit(cloning.throwNested).exception();
    isCoded(error.outcomes[0].reason);
    assertEquals(error.response.status, 404);
  });

  check("errors in arguments, items, shared values, queues and managers keep class, code, fields, cause", async () => {
    const pool = backend.make({ workers: 1 });
    await using _pool = pool;
    const expected = describeErrors(errorTree());
    const [first, list, deep, same] = expected as [Record<string, unknown>, unknown[], unknown, boolean];
    assertEquals([first.isRange, first.isError, first.text, first.hasStack], [true, true, "CodedError: coded", true]);
    assertEquals([list.length, (deep as typeof first).text, same], [3, "Error: x", true]);
    assertEquals(await pool.submit(cloning.describeErrors, errorTree()), expected);
    assertEquals(await pool.map(cloning.describeErrors, [errorTree(), errorTree()]), [expected, expected]);
    assertEquals(await pool.starmap(cloning.describeErrors, [[errorTree()]]), [expected]);
    assertEquals(await pool.submit(cloning.describeError, coded()), first);
    using shared = pool.share(errorTree());
    assertEquals(await pool.submit(cloning.describeErrors, shared), expected);
    // Queues and managers do not reach other machines.
    if (backend.capabilities.engine === "cluster") return;
    const queue = new Queue<ErrorTree>();
    using manager = new Manager();
    const dict = await manager.dict<string, ErrorTree>({ errors: errorTree() });
    await queue.put(errorTree());
    assertEquals(await pool.submit(cloning.describeShared, queue, dict), [expected, expected]);
    await dict.set("errors", errorTree());
    assertEquals(describeErrors((await dict.get("errors"))!), expected);
  });

  check("an error in an argument brings along the shared objects in its fields, and drops functions", async () => {
    // Shared objects do not reach a process (value_suite.ts).
    if (!backend.capabilities.sharedMemory) return;
    await using pool = backend.make({ workers: 1 });
    const counter = new Counter();
    const close = () => {};
    const error = Object.assign(new Error("with a counter", { cause: close }), {
      counter,
      response: { status: 404, close },
    });
    assertEquals(await pool.submit(cloning.addToField, { error }, 3), 404);
    assertEquals(counter.get(), 3);
  });

  const beside = backend.capabilities.sharedMemory ? "a lock" : "a map";
  check(`a list of length 2^32 - 1 arrives beside ${beside}, there and back, in less than 5 s`, async () => {
    await using pool: AnyPool = backend.make({ workers: 1 });
    const start = performance.now();
    for (const beside of [1, ...backend.capabilities.sharedMemory ? [new Lock()] : [], new Map()]) {
      const [, list] = await pool.submit(cloning.sparse, beside) as [unknown, unknown[]];
      assertEquals([list.length, list[5], Object.keys(list)], [2 ** 32 - 1, "five", ["5"]]);
      assertEquals((await pool.submit(values.echo, [beside, list]) as [unknown, unknown[]])[1][5], "five");
    }
    assert(performance.now() - start < 5000, `${performance.now() - start} ms`);
  });
};
