import { assertEquals, assertStrictEquals } from "@std/assert";
import { onAbort } from "../../lib/core/abort.ts";

function counted(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const held = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => (held.add(args[1]), add(...args));
  signal.removeEventListener = (...args: unknown[]) => (held.delete(args[1]), remove(...args));
  return { controller, listeners: () => held.size };
}

Deno.test("onAbort() calls back once, with the signal's own reason", () => {
  const { controller } = counted();
  const reasons: unknown[] = [];
  onAbort(controller.signal, (reason) => reasons.push(reason));
  assertEquals(reasons, []);
  const reason = { why: "test" };
  controller.abort(reason);
  controller.abort("again");
  assertEquals(reasons.length, 1);
  assertStrictEquals(reasons[0], reason);
});

Deno.test("onAbort() calls back at once if the signal has aborted, and listens to nothing", () => {
  const { controller, listeners } = counted();
  controller.abort("early");
  const reasons: unknown[] = [];
  const off = onAbort(controller.signal, (reason) => reasons.push(reason));
  assertEquals([reasons, listeners()], [["early"], 0]);
  off();
});

Deno.test("onAbort() leaves no listener on a signal that outlives 10,000 uses", () => {
  const { controller, listeners } = counted();
  const offs: (() => void)[] = [];
  let calls = 0;
  for (let i = 0; i < 10_000; i++) offs.push(onAbort(controller.signal, () => calls++));
  assertEquals(listeners(), 10_000);
  for (const off of offs) off();
  assertEquals(listeners(), 0);
  controller.abort();
  assertEquals(calls, 0);
});

Deno.test("onAbort() takes off its own listener only, and may do so twice", () => {
  const { controller } = counted();
  const heard: string[] = [];
  const off = onAbort(controller.signal, () => heard.push("first"));
  onAbort(controller.signal, () => heard.push("second"));
  off();
  off();
  controller.abort();
  assertEquals(heard, ["second"]);
});

Deno.test("onAbort() without a signal does nothing", () => {
  let calls = 0;
  onAbort(undefined, () => calls++)();
  assertEquals(calls, 0);
});
