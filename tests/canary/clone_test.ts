/**
 * Facts that lib/shared relies on: the order in which structured clone reads getters, and the end of a `waitAsync`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { MessageChannel as NodeChannel } from "node:worker_threads";
import { runScript } from "../support/script.ts";
import { test, within } from "../support/within.ts";
import { revisit } from "./thread.ts";

const FLAG = "lib/shared/revive.ts: the flag of an envelope must be read after all of its value";

/** Values with getters that record when they are read. */
function shapes(read: string[]): Record<string, unknown> {
  const probe = (name: string) => ({
    get probe() {
      read.push(name);
      return name;
    },
  });
  return {
    direct: probe("direct"),
    array: [[probe("array")]],
    map: new Map<unknown, unknown>([[probe("key"), probe("value")]]),
    set: new Set([probe("member")]),
    deep: { a: { b: { c: { d: [probe("deep")] } } } },
    sparse: Object.assign([], { 5: probe("sparse") }),
  };
}

const ORDER = ["direct", "array", "key", "value", "member", "deep", "sparse", "last"];

function envelope(read: string[]): unknown {
  return {
    value: shapes(read),
    get last() {
      read.push("last");
      return true;
    },
  };
}

test("structured clone reads getters in order and in depth, through every kind of port", async () => {
  const ways: Record<string, (message: unknown) => void> = {
    structuredClone: (message) => structuredClone(message),
  };
  const web = new MessageChannel();
  const node = new NodeChannel();
  ways["MessagePort"] = (message) => web.port1.postMessage(message);
  ways["node's MessagePort"] = (message) => node.port1.postMessage(message);
  const worker = new Worker("data:text/javascript,postMessage(1)", { type: "module" });
  ways["Worker"] = (message) => worker.postMessage(message);
  try {
    await within(10_000, new Promise((resolve) => worker.onmessage = resolve));
    for (const [name, send] of Object.entries(ways)) {
      const read: string[] = [];
      send(envelope(read));
      assertEquals(read, ORDER, revisit(`${name} reads getters in order and in depth`, FLAG));
    }
  } finally {
    worker.terminate();
    for (const { port1, port2 } of [web, node]) {
      port1.close();
      port2.close();
    }
  }
});

test("waitAsync does not keep a script alive, and a notified wait is over", async () => {
  const source = `
    const words = new Int32Array(new SharedArrayBuffer(4));
    Atomics.waitAsync(words, 0, 0).value.then((how) => console.log(how));
    console.log(Atomics.notify(words, 0), Atomics.notify(words, 0));
    await new Promise((resolve) => setTimeout(resolve, 50));
    Atomics.waitAsync(words, 0, 0).value.then(() => console.log("never"));
    console.log("end");
  `;
  const { stdout, late } = await runScript(source);
  assertEquals(
    { stdout, late },
    { stdout: "1 0\nok\nend\n", late: false },
    revisit("waitAsync", "lib/shared/run_async.ts"),
  );
});
