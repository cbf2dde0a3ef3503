import { assert, assertEquals } from "@std/assert";
import { test, until, within } from "../support/within.ts";
import { COUNT, READY, revisit, startBare } from "./thread.ts";

const FILES = ["lib/transport/thread.ts (what `close` and `exit` mean)"];
const POSTED = 50;
const ROUNDS = 25;

const send = (port: string, end: string) => `
await hold();
setImmediate(() => {
  for (let n = 1; n <= ${POSTED}; n++) {
    ${port}.postMessage(n);
    Atomics.store(words, ${COUNT}, n);
  }
  Atomics.store(words, ${READY}, 1);
  ${end}
});
`;

const ENDS: Record<string, string> = {
  "process.exit": "process.exit(3);",
  "Deno.exit": "Deno.exit(3);",
  "an uncaught throw": 'throw new Error("uncaught");',
  "a forced kill": "for (;;);",
};

for (const [how, end] of Object.entries(ENDS)) {
  const killed = how === "a forced kill";
  test(`a MessagePort closes after every message that was posted before ${how}, and none comes later`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { worker, words, ended } = startBare(send("port", end));
      if (killed) {
        await until(() => Atomics.load(words, READY) === 1, "the thread spins");
        void worker.terminate();
      }
      const { atClose, total } = await within(10_000, ended, `the thread's end by ${how}`);
      const fact = `a port's close event comes after every message that was posted before ${how}`;
      assertEquals([atClose, total], [POSTED, POSTED], revisit(fact, ...FILES));
    }
  }, { deadline: 60_000 });
}

test("the exit event may come before messages that were posted earlier", async () => {
  let early = 0;
  for (let round = 0; round < 40 && early === 0; round++) {
    const { worker, words, ended } = startBare(send("port", "for (;;);"));
    await until(() => Atomics.load(words, READY) === 1, "the thread spins");
    void worker.terminate();
    const { atExit } = await within(10_000, ended);
    if (atExit < POSTED) early++;
  }
  const fact = "`exit` can come before the messages that were posted";
  assert(early > 0, revisit(fact, ...FILES, "(waiting for `close` may no longer be needed)"));
}, { deadline: 60_000 });

test("parentPort loses messages when its thread is stopped by force", async () => {
  let lost = 0;
  for (let round = 0; round < 100 && lost === 0; round++) {
    const { worker, words, ended } = startBare(send("parentPort", "for (;;);"));
    let received = 0;
    worker.on("message", () => received++);
    // This thread's event loop does not turn meanwhile, as when the host is busy.
    // At most 10,000 reads: the thread may also be stopped while it posts.
    for (let n = 0; n < 10_000 && Atomics.load(words, READY) === 0; n++) {
      if (Atomics.load(words, COUNT) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    void worker.terminate();
    await within(10_000, ended);
    if (received < Atomics.load(words, COUNT)) lost++;
  }
  const fact = "parentPort loses messages on a forced stop";
  assert(lost > 0, revisit(fact, ...FILES, "(a port of its own may no longer be needed)"));
}, { deadline: 60_000 });

test("an unref'd thread still delivers messages while something else keeps the loop alive", async () => {
  const { worker, port, words, ended } = startBare(`
    port.on("message", (n) => { port.postMessage(n); Atomics.add(words, ${COUNT}, 1); });
    Atomics.store(words, ${READY}, 1);
  `);
  worker.unref();
  let received = 0;
  port.on("message", () => received++);
  // A listener refs the port.
  port.unref();
  await until(() => Atomics.load(words, READY) === 1, "the thread has started");
  for (let n = 0; n < 10; n++) port.postMessage(n);
  const fact = "an unref'd worker and port deliver while a timer keeps the loop alive";
  await until(() => received === 10, revisit(fact, "lib/transport/thread.ts", "lib/core/timer.ts (KeepAlive)"), 5_000);
  await worker.terminate();
  await ended;
});
