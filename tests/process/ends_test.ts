/** The ends of processes, on threads and on scoped workers: exit codes and reasons. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError, Counter, inline, Process, type ProcessOptions, SharedEvent } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { MUST_HAPPEN, pause, test, until, within } from "../support/within.ts";

const give = inline(<T>(value: T) => value);
const exit = inline((code?: number) => Deno.exit(code));
const fail = inline((how: "throw" | "undefined" | "cancelled" | "reject" | "aside" | "later") => {
  if (how === "throw") throw new RangeError("no");
  if (how === "undefined") throw undefined;
  // The class is found again by its name.
  if (how === "cancelled") throw new (class CancelledError extends Error {})("of the task's own");
  if (how === "reject") return Promise.reject(new RangeError("no"));
  if (how === "aside") void Promise.reject(new RangeError("aside"));
  else setTimeout(() => Promise.reject(new RangeError("later")), 1);
  return new Promise(() => {});
});
const wait = inline(async (event: SharedEvent, waiting: Counter, sync: boolean) => {
  waiting.add();
  if (sync) event.waitSync();
  else await event.wait();
});

const leave = inline((event: SharedEvent, late: Counter) => {
  setInterval(() => event.isSet && late.add(), 1);
  void event.wait().then(() => late.add());
});

const KINDS: [name: string, options: ProcessOptions][] = [
  ["a process", {}],
  ["a scoped process", { permissions: "none" }],
];

for (const [kind, options] of KINDS) {
  test(`${kind}: exitCode and reason are undefined before the end, and describe it afterwards`, async () => {
    const matrix: [Process<never>, code: number, reason: string][] = [
      [new Process(give, [undefined], options), 0, "finished"],
      [new Process(give, [7], options), 0, "finished"],
      [new Process(exit, [], options), 0, "exit"],
      [new Process(exit, [0], options), 0, "exit"],
      [new Process(exit, [7], options), 7, "exit"],
      [new Process(fail, ["throw"], options), 1, "failed"],
      [new Process(fail, ["reject"], options), 1, "failed"],
      [new Process(fail, ["undefined"], options), 1, "failed"],
      [new Process(fail, ["cancelled"], options), 1, "failed"],
      [new Process(fail, ["aside"], options), 1, "uncaught"],
      [new Process(fail, ["later"], options), 1, "uncaught"],
    ] as never;
    for (const [process, code, reason] of matrix) {
      assertEquals([process.exitCode, process.reason, process.isAlive], [undefined, undefined, false]);
      process.start();
      assertEquals([process.exitCode, process.reason, process.isAlive], [undefined, undefined, true]);
      await within(MUST_HAPPEN, process.join());
      assertEquals([process.exitCode, process.reason, process.isAlive], [code, reason, false]);
    }
  });

  for (const how of ["terminate", "kill"] as const) {
    const [code, reason] = how === "kill" ? [-9, "killed"] : [-15, "terminated"];

    test(`${kind}: ${how}() has its reason, whether the task awaits, blocks, or has not started`, async () => {
      for (const sync of [false, true, undefined]) {
        const [event, waiting] = [new SharedEvent(), new Counter()];
        const process = new Process(wait, [event, waiting, sync ?? false], options).start();
        if (sync !== undefined) await until(() => waiting.get() === 1, "it waits");
        process[how]();
        await within(MUST_HAPPEN, process.join());
        assertEquals([process.exitCode, process.reason, process.isAlive], [code, reason, false]);
        await assertRejects(() => process.result(), CancelledError);
      }
    });

    test(`${kind}: ${how}() after the end changes nothing; of two stops the first one counts`, async () => {
      const done = new Process(give, [1], options).start();
      await within(MUST_HAPPEN, done.join());
      done[how]();
      await within(MUST_HAPPEN, done.join());
      assertEquals([done.exitCode, done.reason, await done.result()], [0, "finished", 1]);
      const stopped = new Process(wait, [new SharedEvent(), new Counter(), false], options).start();
      stopped[how]();
      stopped.kill();
      stopped.terminate();
      await within(MUST_HAPPEN, stopped.join());
      assertEquals([stopped.exitCode, stopped.reason], [code, reason]);
    });
  }

  test(`${kind}: arguments arrive as they are: a number, a string, a list, an object`, async () => {
    for (const value of [1, "text", [1], { a: [1n] }, null]) {
      await using process = new Process(give, [value], options).start();
      assertEquals(await within(MUST_HAPPEN, process.result()), value);
    }
  });

  test(`${kind}: timers that the task left behind end with the process`, async () => {
    const [event, late] = [new SharedEvent(), new Counter()];
    const process = new Process(leave, [event, late], options).start();
    await within(MUST_HAPPEN, process.join());
    assertEquals([process.exitCode, late.get()], [0, 0]);
    event.set();
    // Time in which a timer that was left behind would fire.
    await pause(150);
    assertEquals(late.get(), 0);
  });

  test(`${kind}: twenty processes at once finish, and so do twenty that are terminated at once`, async () => {
    const all = Array.from({ length: 20 }, () => new Process(give, [0], options).start());
    await within(30_000, Promise.all(all.map((process) => process.join())));
    assertEquals(all.map(({ exitCode }) => exitCode), Array(20).fill(0));
    const event = new SharedEvent();
    const waiting = new Counter();
    const others = Array.from({ length: 20 }, () => new Process(wait, [event, waiting, false], options).start());
    for (const process of others) process.terminate();
    await within(30_000, Promise.all(others.map((process) => process.join())));
    assertEquals(others.map(({ exitCode }) => exitCode), Array(20).fill(-15));
    assert(waiting.get() <= 20);
  }, { deadline: 70_000 });
}

leavesNothing();
