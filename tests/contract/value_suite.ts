import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Counter, inline, Lock, Semaphore, SharedArray, SharedEvent, TransferError, Value } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { failing, gated, values } from "../fixtures/views.ts";
import { fewer, type Suite } from "./backend.ts";

const PRIMITIVES = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1.5,
  -1,
  NaN,
  Infinity,
  -Infinity,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_VALUE,
  "",
  "text",
  "\u{1F600} \0 \ud800",
  "x".repeat(1_000_000),
  0n,
  -(2n ** 70n),
];

const OBJECTS: Record<string, () => unknown> = {
  "an object": () => ({ a: 1, b: { c: [null, undefined, "x"] } }),
  "an array": () => [1, [2, [3]], {}],
  "a sparse array": () => [1, , 3],
  "an array of a million": () => new Array(1_000_000).fill(7),
  "a Uint8Array": () => new Uint8Array([1, 2, 255]),
  "a Float64Array": () => new Float64Array([NaN, -0, 1e300]),
  "a BigInt64Array": () => new BigInt64Array([-1n, 2n ** 62n]),
  "an ArrayBuffer": () => new Uint8Array([9, 8]).buffer,
  "a DataView": () => new DataView(new ArrayBuffer(3)),
  "a Map": () => new Map<unknown, unknown>([["a", 1], [{ k: 1 }, new Set([1])]]),
  "a Set": () => new Set([1, "1", null]),
  "a Date": () => new Date(86_400_000),
  "a RegExp": () => /a+b/giu,
  "a boxed number": () => Object(5),
  "an object with a key called then": () => ({ then: "not a function" }),
};

/** Arguments and results of every kind: which are copied, shared or moved. */
export const valueSuite: Suite = (backend, check) => {
  const { capabilities } = backend;

  check("primitives arrive as they are, there and back, NaN and -0 included", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const value of PRIMITIVES) assertStrictEquals(await pool.submit(values.echo, value), value);
    const results = await pool.map(values.echo, PRIMITIVES);
    assertEquals(results.length, PRIMITIVES.length);
    results.forEach((result, i) => assertStrictEquals(result, PRIMITIVES[i]));
  });

  check("a map of thousands of numbers, and of numbers and others, gives each as it was", async () => {
    await using pool = backend.make({ workers: 2 });
    const odd = [-0, NaN, Infinity, -Infinity, 2 ** 53 - 1, 2 ** 31, -(2 ** 31) - 1, 0.1, 5e-324];
    const numbers = Array.from(
      { length: fewer(backend, 9_000) },
      (_, i) => i % 10 === 0 ? odd[i / 10 % odd.length] : i,
    );
    // Quick to run, so that they travel in long batches.
    for (let round = 0; round < 3; round++) {
      const results = await pool.map(values.echo, numbers);
      numbers.forEach((number, i) => assertStrictEquals(results[i], number));
    }
    const half = numbers.length / 2;
    const mixed = numbers.map((number, i) => i % half === half - 1 ? "text" : number);
    (await pool.map(values.echo, mixed)).forEach((result, i) => assertStrictEquals(result, mixed[i]));
  });

  for (const [kind, make] of Object.entries(OBJECTS)) {
    check(`${kind} arrives equal, there and back`, async () => {
      await using pool = backend.make({ workers: 1 });
      const value = make();
      const result = await pool.submit(values.echo, value);
      assertEquals(result, value);
      assertEquals(Object.prototype.toString.call(result), Object.prototype.toString.call(value));
      assertEquals(result === value, !capabilities.isolated);
    });
  }

  check("a cyclic object keeps its cycle", async () => {
    await using pool = backend.make({ workers: 1 });
    const value: { self?: unknown; list: unknown[] } = { list: [] };
    value.self = value;
    value.list.push(value);
    const result = await pool.submit(values.echo, value) as typeof value;
    assert(result.self === result && result.list[0] === result);
  });

  const shares = capabilities.sharedMemory ? "is the same memory" : "is refused, and the error says what to do instead";
  check(`a SharedArrayBuffer ${shares}, as argument and as result`, async () => {
    await using pool = backend.make({ workers: 1 });
    if (!capabilities.sharedMemory) {
      const refused: [unknown, instead: string][] = [
        [new SharedArrayBuffer(8), 'backend "worker"'],
        [{ deep: [new Lock()] }, "transaction()"],
        [new Value("i32", 1), "Manager.value()"],
        [new Map([[1, new Counter()]]), "Manager.value()"],
        [new SharedArray("i32", 3), "Manager.list()"],
        [new Semaphore(2), "Queue"],
        [new SharedEvent(), "Queue"],
      ];
      for (const [value, instead] of refused) {
        const { message, name } = await pool.submit(values.echo, [value]).exception() as Error;
        assert(name === "TransferError" && message.includes("is memory of one process"), message);
        assert(/^Cannot send argument args\[0\]\[0\]\S*: [A-Z]\w+ is memory/.test(message), message);
        assert(message.includes(instead), message);
      }
      const made = await pool.submit(inline(() => new SharedArrayBuffer(8))).exception();
      assert(made instanceof TransferError && made.message.includes("is memory of one process"), String(made));
      return;
    }
    const memory = new SharedArrayBuffer(8);
    const returned = await pool.submit(values.write, memory, 11);
    assertEquals(new Int32Array(memory)[0], 11);
    new Int32Array(returned)[1] = 22;
    assertEquals(new Int32Array(memory)[1], 22);
  });

  check(
    "a shared object in a field of a thrown error arrives as in a result, or as a text that says why not",
    async () => {
      await using pool = backend.make({ workers: 1 });
      const error = await pool.submit(failing.failWithCounter).exception() as Error & Record<string, unknown>;
      const { message, code, counter, details, cause } = error;
      assertEquals([message, code], ["it has a counter", "E_COUNTER"]);
      const inner = (cause as { counter: unknown }).counter;
      const found = [counter, (details as { list?: unknown[] }).list?.[0] ?? details, inner];
      if (!capabilities.sharedMemory) {
        assertEquals(found, Array(3).fill("[not copied: it cannot reach another process]"));
      } else for (const each of found) assertEquals(each instanceof Counter && each.get(), 7);
      assertEquals(counter === inner, true);
    },
  );

  check(
    "words that a test shares with its tasks are the same memory, as an item and as an argument of a map",
    async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      await pool.map(gated.enter, [gate.words]);
      await pool.starmap(gated.enter, [[gate.words]]);
      assertEquals(gate.count, 2);
    },
  );

  check(`arguments ${capabilities.isolated ? "are copied at submit" : "are passed as they are"}`, async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const item = { n: 1, list: [1] };
    const waiting = pool.submit(values.echo, item);
    item.n = 2;
    item.list.push(2);
    gate.open();
    await running;
    const expected = capabilities.isolated ? { n: 1, list: [1] } : item;
    assertEquals(await waiting, expected);
  });

  check(`a map's item is ${capabilities.isolated ? "copied when it is read" : "passed as it is"}`, async () => {
    await using pool = backend.make({ workers: 1 });
    const item = { n: 0 };
    function* reuse() {
      for (let n = 1; n <= 50; n++) {
        item.n = n;
        yield item;
      }
    }
    const results = await pool.map(values.echo, reuse()) as { n: number }[];
    if (capabilities.isolated) assertEquals(results.map(({ n }) => n), Array.from({ length: 50 }, (_, i) => i + 1));
    else assert(results.every((result) => result === item));
  });

  check(`transfer ${capabilities.isolated ? "moves a buffer: it is detached here" : "copies nothing"}`, async () => {
    await using pool = backend.make({ workers: 1 });
    const buffer = new ArrayBuffer(1024);
    const length = pool.submit(values.byteLength.with({ transfer: [buffer] }), buffer);
    assertEquals(buffer.detached, capabilities.isolated);
    assertEquals(await length, 1024);
  });

  check("transfer of a buffer deep inside an argument moves it", async () => {
    await using pool = backend.make({ workers: 1 });
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const result = await pool.submit(values.first.with({ transfer: [buffer] }), [{ deep: { buffer } }]);
    assertEquals(result, { deep: { buffer: new Uint8Array([1, 2, 3]).buffer } });
    assertEquals(buffer.detached, capabilities.isolated);
  });

  check("a buffer that is moved into a waiting task survives the wait", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const buffer = new ArrayBuffer(2048);
    const length = pool.submit(values.byteLength.with({ transfer: [buffer] }), buffer);
    gate.open();
    await running;
    assertEquals(await length, 2048);
  });
};
