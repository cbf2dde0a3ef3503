/**
 * Items and messages that cannot be copied: an error of the library names their path, and nothing is put.
 *
 * @module
 */
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { JoinableQueue, Lock, Pipe, Pool, Queue, TransferError } from "@isopool/isopool";

const BAD: [name: string, value: () => unknown, path: string, says: string][] = [
  ["a function", () => () => 1, "", "a function"],
  ["a symbol", () => Symbol("s"), "", "a symbol"],
  ["a function in an object", () => ({ a: [1, { run() {} }] }), ".a[1].run", "a function (run)"],
  ["a symbol in a Map", () => new Map([["key", Symbol("s")]]), '.get("key")', "a symbol"],
  ["a WeakMap", () => ({ map: new WeakMap() }), ".map", "WeakMap"],
  ["a URL", () => ({ link: new URL("https://example.com") }), ".link", "url.href"],
  ["Headers", () => [new Headers()], "[0]", "[...headers]"],
  [
    "a signal beside a shared object",
    () => ({ lock: new Lock(), signal: new AbortController().signal }),
    ".signal",
    "",
  ],
  [
    "a getter that throws",
    () => ({
      a: {
        get b() {
          throw new Error("no");
        },
      },
    }),
    ".a",
    "no",
  ],
];

for (const [name, value, path, says] of BAD) {
  Deno.test(`${name}: put, tryPut, putSync and send fail with a TransferError that has the path`, async () => {
    for (const queue of [new Queue<unknown>(), new JoinableQueue<unknown>()]) {
      const errors = [
        await assertRejects(() => queue.put(value()), TransferError, says),
        assertThrows(() => queue.tryPut(value()), TransferError, says),
        assertThrows(() => queue.putSync(value(), { timeout: 0 }), TransferError, says),
      ];
      for (const error of errors) {
        assertEquals([error.path, error.direction], [`item${path}`, "argument"]);
        assertInstanceOf(error.cause, Error);
      }
      assertEquals([queue.size, await queue.put(1)], [0, 0]);
    }
    const [here, there] = Pipe<unknown>();
    const errors = [
      await assertRejects(() => here.send(value()), TransferError, says),
      assertThrows(() => here.sendSync(value(), { timeout: 0 }), TransferError, says),
    ];
    for (const error of errors) assertEquals(error.path, `message${path}`);
    assertEquals(there.poll(), false);
  });
}

Deno.test("a Future in an item is refused; a view of a big buffer brings its own bytes only", async () => {
  await using pool = new Pool({ backend: "async" });
  const future = pool.submit(() => 1);
  const error = await assertRejects(() => new Queue<unknown>().put({ future }), TransferError);
  assertEquals(error.path, "item.future");
  assertEquals(await future, 1);
  const queue = new Queue<{ view: Uint8Array; at: Map<string, number> }>();
  await queue.put({ view: new Uint8Array(1_000_000).subarray(5, 8), at: new Map() });
  assertEquals((await queue.get()).view.buffer.byteLength, 3);
});
