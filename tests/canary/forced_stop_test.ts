import { assert } from "@std/assert";
import { onLinux, threads } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { test, until } from "../support/within.ts";
import { READY, revisit, startBare, THREAD } from "./thread.ts";

const REPORT_THREAD = `
import { readlinkSync } from "node:fs";
Atomics.store(words, ${THREAD}, Number(readlinkSync("/proc/thread-self").split("/").pop()));
`;
const SET_READY = `Atomics.store(words, ${READY}, 1);`;

const BODIES: Record<string, string> = {
  "a loop": "for (;;);",
  "a loop that catches": "for (;;) { try { for (;;); } catch {} finally {} }",
  "Atomics.wait": "Atomics.wait(words, 9, 0);",
  "microtasks without end": "const again = () => Promise.resolve().then(again); again();",
};

for (const [what, body] of Object.entries(BODIES)) {
  test(`terminate() of a thread that holds a Web Lock interrupts ${what}`, async () => {
    const { worker, words, ended } = startBare(
      `${REPORT_THREAD} await hold(); setImmediate(() => { ${SET_READY} ${body} });`,
    );
    await until(() => Atomics.load(words, READY) === 1, "the thread spins");
    const thread = Atomics.load(words, THREAD);
    assert(threads().has(thread));
    await worker.terminate();
    await ended;
    const fact = `terminate() of a thread that holds a Web Lock interrupts ${what}`;
    await until(() => !threads().has(thread), revisit(fact, "lib/transport/thread.ts", "workers/thread.ts"), 5_000);
  }, { ignore: !onLinux });
}

test("terminate() of a thread without a Web Lock does not interrupt a loop", async () => {
  const source = `
    import { startBare, READY, THREAD } from ${JSON.stringify(new URL("thread.ts", import.meta.url).href)};
    import { threads } from ${JSON.stringify(new URL("../support/proc.ts", import.meta.url).href)};
    import { pause, until } from ${JSON.stringify(new URL("../support/within.ts", import.meta.url).href)};
    const { worker, words } = startBare(${
    JSON.stringify(`${REPORT_THREAD} setImmediate(() => { ${SET_READY} for (;;); });`)
  });
    await until(() => Atomics.load(words, READY) === 1, "the thread spins");
    const thread = Atomics.load(words, THREAD);
    worker.terminate();
    await pause(500);
    const before = threads().get(thread);
    const cpuTime = () => (threads().get(thread) ?? NaN) - before;
    // Enough time on a machine that has other work.
    for (let n = 0; n < 200 && cpuTime() < 100; n++) await pause(50);
    console.log(JSON.stringify({ cpuTime: cpuTime() }));
    Deno.kill(Deno.pid, "SIGKILL");
  `;
  const { stdout } = await runScript(source);
  const { cpuTime } = JSON.parse(stdout);
  const fact = "terminate() without a held Web Lock leaves a loop running";
  const message = revisit(fact, "workers/thread.ts (the lock may no longer be needed)");
  assert(cpuTime >= 100, `${message} (${cpuTime} ms of CPU in 10 s)`);
}, { ignore: !onLinux });
