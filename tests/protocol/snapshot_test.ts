import { Buffer } from "node:buffer";
// As in every program with a pool: it adds methods to MessagePort.
import "node:worker_threads";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/core/errors.ts";
import { Json } from "../../lib/core/plain.ts";
import { decodeItems, snapshot } from "../../lib/protocol/snapshot.ts";
import { isPrimitive, transferError } from "../../lib/protocol/transfer_error.ts";

Deno.test("snapshot() copies arguments: later changes are not seen", () => {
  const deep = { list: [1, { two: 2 }], map: new Map([["k", new Set([1])]]), date: new Date(5) };
  const { args } = snapshot([1, "text", deep], []);
  deep.list.push(3);
  deep.map.get("k")!.add(2);
  assertEquals(args, [1, "text", { list: [1, { two: 2 }], map: new Map([["k", new Set([1])]]), date: new Date(5) }]);
  const primitives = [1, undefined, null, 5n];
  const copied = snapshot(primitives, []).args;
  primitives[0] = 2;
  assertEquals(copied, [1, undefined, null, 5n]);
});

Deno.test("snapshot() keeps identities and cycles among the arguments", () => {
  const shared: Record<string, unknown> = { n: 1 };
  shared.self = shared;
  const { args } = snapshot([shared, { again: shared }], []);
  const [first, second] = args as [Record<string, unknown>, { again: unknown }];
  assertStrictEquals(second.again, first);
  assertStrictEquals(first.self, first);
});

Deno.test("snapshot() moves the objects in `transfer`: detached for the caller, one object in both lists of the copy", () => {
  const { port1, port2 } = new MessageChannel();
  const buffer = new ArrayBuffer(8);
  new Uint8Array(buffer)[0] = 7;
  const { args, transfer } = snapshot([{ buffer, view: new Uint8Array(buffer) }, port1], [buffer, port1]);
  const [{ buffer: moved, view }, port] = args as [{ buffer: ArrayBuffer; view: Uint8Array }, MessagePort];
  assertEquals([buffer.detached, moved.byteLength, view[0]], [true, 8, 7]);
  assertStrictEquals(transfer[0], moved);
  assertStrictEquals(view.buffer as ArrayBuffer, moved);
  assertStrictEquals(transfer[1], port);
  port.close();
  port2.close();
});

Deno.test("snapshot() shares a SharedArrayBuffer instead of copying it", () => {
  const memory = new SharedArrayBuffer(4);
  const { args } = snapshot([{ memory }], []);
  new Uint8Array(memory)[0] = 9;
  assertEquals(new Uint8Array((args[0] as { memory: SharedArrayBuffer }).memory)[0], 9);
});

const { port1, port2 } = new MessageChannel();
port1.close();
port2.close();
function named() {}
const cyclic: Record<string, unknown> = { ok: 1 };
cyclic.self = cyclic;
cyclic.fn = named;
const trap = {
  get socket() {
    throw new Error("trap");
  },
};

const failures: [unknown[], string, string][] = [
  [[{ socket: named }], "args[0].socket", "a function (named)"],
  [[1, [0, [() => 1]]], "args[1][1][0]", "a function"],
  [[{ a: { b: Symbol("s") } }], "args[0].a.b", "a symbol"],
  [[{ port: port1 }], "args[0].port", "MessagePort"],
  [[new Map([["k", new Map([["deep key", named]])]])], 'args[0].get("k").get("deep key")', "a function"],
  [[new Map([[named, 1]])], "args[0].keys()", "a function"],
  [[new Map([[5, named]])], "args[0].get(5)", "a function"],
  [[new Set([1, { fn: named }])], "args[0].values().fn", "a function"],
  [[{ "not a name": named }], 'args[0]["not a name"]', "a function"],
  [[{ größe: named, "": 1 }], "args[0].größe", "a function"],
  [[{ fine: { x: 1 }, socket: { inner: [1, 2, named] } }], "args[0].socket.inner[2]", "a function"],
  [[trap], "args[0]", "trap"],
  [[new WeakMap()], "args[0]", "WeakMap"],
  [[Promise.resolve()], "args[0]", "Promise"],
  [[{ ok: 1 }, named], "args[1]", "a function (named)"],
  [[cyclic], "args[0].fn", "a function (named)"],
  [[new Map([[Object.create(null), 1], ["k", named]] as [unknown, unknown][])], 'args[0].get("k")', "a function"],
];

for (const [index, [args, path, what]] of failures.entries()) {
  Deno.test(`snapshot() names the path of a value that cannot be copied: ${path} (${index})`, () => {
    const error = assertThrows(() => snapshot(args, []), TransferError) as unknown as TransferError;
    assertEquals([error.path, error.direction], [path, "argument"]);
    assert(error.message.startsWith(`Cannot send argument ${path}: `), error.message);
    assert(error.message.includes(what), error.message);
    assert(error.cause !== undefined);
  });
}

Deno.test("snapshot() names the value that cannot be copied, not a value that is moved", () => {
  const { port1, port2 } = new MessageChannel();
  const error = assertThrows(
    () => snapshot([port1, { fn: named }], [port1]),
    TransferError,
  ) as unknown as TransferError;
  port1.close();
  port2.close();
  assertEquals(error.path, "args[1].fn");
});

Deno.test("snapshot() throws a TransferError if an object in `transfer` cannot be moved", () => {
  const gone = new ArrayBuffer(4);
  structuredClone(gone, { transfer: [gone] });
  for (const transfer of [[{} as Transferable], [gone]]) {
    assertThrows(() => snapshot([{ fine: 1 }], transfer), TransferError);
  }
});

Deno.test("transferError() for results names the path below `result`", () => {
  const error = transferError({ rows: [1, named] }, "result", "result", new Error("reason"));
  assertEquals([error.path, error.direction], ["result.rows[1]", "result"]);
  assert(error.message.startsWith("Cannot send result.rows[1]: a function (named) "), error.message);
});

Deno.test("isPrimitive() is true for values that need no copy", () => {
  for (const value of [1, NaN, "", true, null, undefined, 1n]) assertEquals(isPrimitive(value), true);
  for (const value of [{}, [], () => 1, Symbol("s"), new Date()]) assertEquals(isPrimitive(value), false);
});

Deno.test("snapshot() copies plain data as text, as it is now", () => {
  const plain = { id: 1, list: [{ a: "x" }, null, true] };
  const { args, transfer, handles } = snapshot([plain, 5n, [plain.id]], []);
  plain.id = 2;
  plain.list.push(false);
  assertEquals([transfer, handles], [[], false]);
  assert(args[0] instanceof Json && args[2] instanceof Json);
  const expected = [{ id: 1, list: [{ a: "x" }, null, true] }, 5n, [1]];
  assertEquals([decodeItems([args], true), decodeItems(args, false)], [[expected], expected]);
});

Deno.test("snapshot() copies large plain data as objects, as structured clone does", () => {
  const rows = Array.from({ length: 6_000 }, (_, id) => ({ id, at: new Date(id) }));
  const { args } = snapshot([rows, "text", { rows: 5 }], []);
  rows[0].id = 7;
  rows.push(rows[0]);
  assertEquals(args.length, 3);
  const [copied, text, plain] = args as [typeof rows, string, unknown];
  assertEquals([copied.length, copied[0], text, plain], [6_000, { id: 0, at: new Date(0) }, "text", { rows: 5 }]);
  // An object twice is one in the copy, too.
  const twice = { n: 1 };
  const [list, same] = snapshot([[...rows, twice], twice], []).args as [unknown[], unknown];
  assertStrictEquals(list.at(-1), same);
});

Deno.test("snapshot() uses structured clone for an object that is in two arguments", () => {
  const shared = { x: 1 };
  const [first, second] = snapshot([{ shared }, [shared]], []).args as [{ shared: unknown }, unknown[]];
  assertStrictEquals(first.shared, second[0]);
  const twice = snapshot([shared, shared], []).args;
  assertStrictEquals(twice[0], twice[1]);
});

const TYPES = [
  ...[Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigUint64Array, BigInt64Array],
];

for (const type of TYPES) {
  Deno.test(`snapshot() copies a ${type.name} as structured clone does`, () => {
    const bytes = new Uint8Array(64).map((_, i) => i * 37);
    const array = new type(bytes.buffer);
    Object.assign(array, { note: "not copied" });
    const expected = structuredClone(array);
    const { args, transfer, handles } = snapshot(["a", array, 5n], []);
    bytes.fill(0);
    assertEquals(args, ["a", expected, 5n]);
    assertEquals(Reflect.ownKeys(args[1] as object), Reflect.ownKeys(expected));
    assertStrictEquals(Object.getPrototypeOf(args[1]), type.prototype);
    assertEquals([transfer, handles], [[], false]);
  });
}

Deno.test("snapshot() sends the bytes that a view shows; views of one buffer that travel together share it", () => {
  const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
  const part = new Uint8Array(buffer, 1, 2);
  const alone = (view: unknown) => {
    const { buffer, byteOffset, byteLength } = view as Uint8Array;
    return [...new Uint8Array(buffer), byteOffset, byteLength];
  };
  assertEquals(alone(snapshot([part], []).args[0]), [2, 3, 0, 2]);
  const [nested] = snapshot([{ map: new Map([["k", [part, part, new Set([1])]]]) }], []).args as [
    { map: Map<string, unknown[]> },
  ];
  const [first, again, set] = nested.map.get("k")!;
  assertEquals([alone(first), set], [[2, 3, 0, 2], new Set([1])]);
  assertStrictEquals(again, first);
  assertEquals(alone(snapshot([new DataView(buffer, 1, 2)], []).args[0]), [2, 3, 0, 2]);
  const [text] = snapshot([Buffer.from("hello")], []).args as [Uint8Array];
  assertEquals([new TextDecoder().decode(text), text.buffer.byteLength], ["hello", 5]);
  assertStrictEquals(Object.getPrototypeOf(text), Uint8Array.prototype);
  const whole = new Uint8Array(buffer);
  const [one, other] = snapshot([whole, whole], []).args;
  assertStrictEquals(one, other);
  const [left, right] = snapshot([whole, part], []).args as [Uint8Array, Uint8Array];
  assertStrictEquals(left.buffer, right.buffer);
  const [list] = snapshot([[part, { buffer }]], []).args as [[Uint8Array, { buffer: ArrayBuffer }]];
  assertStrictEquals(list[0].buffer as ArrayBuffer, list[1].buffer);
  class Mine extends Uint8Array {}
  const [plain] = snapshot([new Mine(2)], []).args as [Uint8Array];
  assertStrictEquals(Object.getPrototypeOf(plain), Uint8Array.prototype);
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  const [same] = snapshot([shared], []).args as [Uint8Array];
  shared[0] = 9;
  assertEquals([...same], [9, 0]);
  const growing = new Uint8Array(new ArrayBuffer(2, { maxByteLength: 8 }));
  assertEquals((snapshot([growing], []).args[0] as Uint8Array<ArrayBuffer>).buffer.resizable, true);
  assertThrows(() => snapshot([new Proxy(new Uint8Array(2), {})], []), TransferError);
  structuredClone(buffer, { transfer: [buffer] });
  assertThrows(() => snapshot([whole], []), TransferError, "args[0]");
});

Deno.test("snapshot() copies a list of length 2^32 - 1 beside a Map in less than a second", () => {
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  sparse[9] = { at: new Uint8Array(4).subarray(1, 2) };
  const start = performance.now();
  const [copy] = snapshot([{ sparse, map: new Map() }], []).args as [{ sparse: { at: Uint8Array }[] }];
  assertEquals([copy.sparse.length, copy.sparse[9].at.buffer.byteLength], [2 ** 32 - 1, 1]);
  const error = assertThrows(() => snapshot([{ sparse, fn: () => 1 }], []), TransferError) as unknown as TransferError;
  assertEquals(error.path, "args[0].fn");
  assert(performance.now() - start < 1000);
});
