import { assertEquals, assertStrictEquals } from "@std/assert";
import { onAbort } from "../../lib/core/abort.ts";

function counted(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const registered = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => (registered.add(args[1]), add(...args));
  signal.removeEventListener = (...args: unknown[]) => (registered.delete(args[1]), remove(...args));
  return { controller, listeners: () => registered.size };
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

Deno.test("onAbort() calls back at once if the signal has aborted, and adds no listener", () => {
  const { controller, listeners } = counted();
  controller.abort("early");
  const reasons: unknown[] = [];
  const removeListener = onAbort(controller.signal, (reason) => reasons.push(reason));
  assertEquals([reasons, listeners()], [["early"], 0]);
  removeListener();
});

Deno.test("onAbort() leaves no listener on a signal that outlives 10,000 uses", () => {
  const { controller, listeners } = counted();
  const removals: (() => void)[] = [];
  let calls = 0;
  for (let i = 0; i < 10_000; i++) removals.push(onAbort(controller.signal, () => calls++));
  assertEquals(listeners(), 10_000);
  for (const remove of removals) remove();
  assertEquals(listeners(), 0);
  controller.abort();
  assertEquals(calls, 0);
});

Deno.test("onAbort() removes only its own listener, and a second removal has no effect", () => {
  const { controller } = counted();
  const called: string[] = [];
  const removeListener = onAbort(controller.signal, () => called.push("first"));
  onAbort(controller.signal, () => called.push("second"));
  removeListener();
  removeListener();
  controller.abort();
  assertEquals(called, ["second"]);
});

Deno.test("onAbort() without a signal does nothing", () => {
  let calls = 0;
  onAbort(undefined, () => calls++)();
  assertEquals(calls, 0);
});
