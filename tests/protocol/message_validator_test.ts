import { assertEquals } from "@std/assert";
import { MessageValidator } from "../../lib/protocol/message_validator.ts";

const ready = { kind: "ready", now: 1, date: 1 };
const initializing = { kind: "initializing" };

Deno.test("MessageValidator: a worker starts once, and its initializer before that", () => {
  const hooks = { initializer: "init", finalizer: undefined, memory: undefined };
  const none = { ...hooks, initializer: undefined };
  for (
    const [given, messages, valid] of [
      [hooks, [initializing, ready, ready, initializing], [initializing, ready]],
      [hooks, [initializing, initializing, ready], [initializing, ready]],
      [hooks, [ready, initializing, ready], [ready]],
      [none, [initializing, ready, ready], [ready]],
    ] as const
  ) {
    const validator = new MessageValidator(given);
    assertEquals(messages.filter((message) => validator.check(message, 0, 0)), valid);
  }
});
