/**
 * A thread dies in each state that it can have at a queue. Nothing is lost but an item that it had taken, which `takeLost`
 * reports; no other thread hangs; and the queue has all of its places again. Managers: tests/manager/threads_test.ts.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { ItemLostError, JoinableQueue, Pipe, Queue, QueueClosedError, SharedEvent } from "@isopool/isopool";
import type { deathActs } from "../shared/support/death_acts.ts";
import { TestThread } from "../shared/support/test_thread.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

/** Number of items that the queues have room for. */
const ROOM = 3;

/** What a thread does when it dies. */
interface State {
  readonly title: string;
  readonly act: keyof typeof deathActs;
  /** How many items the queue has before. */
  readonly items: number;
  /** How many of them the thread takes, and dies with. */
  readonly takes?: number;
  /** Whether the thread ends by itself. */
  readonly exits?: boolean;
}

const STATES: readonly State[] = [
  { title: "holds the lock of the producers", act: "exitWithPutLock", items: 1, exits: true },
  { title: "holds the lock of the consumers", act: "exitWithTakeLock", items: 1, exits: true },
  { title: "waits to put", act: "waitToPut", items: ROOM },
  { title: "blocks to put", act: "waitToPutBlocked", items: ROOM },
  { title: "waits to get", act: "waitToGet", items: 0 },
  { title: "blocks to get", act: "waitToGetBlocked", items: 0 },
  { title: "waits in select()", act: "waitInSelect", items: 0 },
  { title: "has an item that it has not acknowledged", act: "exitWithItem", items: 2, takes: 1, exits: true },
  { title: "is in a loop over the queue", act: "waitInLoop", items: 2, takes: 1 },
];

const NAMES = ["first", "second", "third"];

/** Fills a queue, lets a thread die there; returns the tickets of the items that it died with. */
async function die(engine: "thread" | "web", queue: Queue<string>, { act, items, takes = 0, exits }: State) {
  await using victim = await TestThread.start(engine);
  const there = new SharedEvent();
  const tickets: number[] = [];
  for (const name of NAMES.slice(0, items)) tickets.push(await queue.put(name, { timeout: MUST_HAPPEN }));
  victim.run(act, queue, there).catch(() => {});
  await there.wait({ timeout: MUST_HAPPEN });
  if (!exits) await victim.kill();
  await within(MUST_HAPPEN, victim.ended, "the end of the thread");
  return tickets.slice(0, takes);
}

/** Takes all items that are there; those of a `JoinableQueue` are acknowledged. */
function drain(queue: Queue<string>): string[] {
  const found: string[] = [];
  for (let got = queue.tryGet(); got.state === "ok"; got = queue.tryGet()) {
    found.push(got.value);
    if (queue instanceof JoinableQueue) queue.taskDone();
  }
  return found;
}

for (const engine of ["thread", "web"] as const) {
  for (const Kind of [Queue, JoinableQueue]) {
    for (const state of STATES) {
      const { title, items, takes = 0 } = state;
      test(`${engine}: ${Kind.name}: a thread that ${title} dies: nothing else is lost, and no place (bound: 10 s)`, async () => {
        const queue = new Kind<string>({ maxSize: ROOM });
        const lost = await die(engine, queue, state);
        assertEquals(drain(queue), NAMES.slice(takes, items));
        if (queue instanceof JoinableQueue && takes > 0) {
          const error = await assertRejects(() => queue.join({ timeout: MUST_HAPPEN }), ItemLostError);
          assertEquals(error.tickets, lost);
        }
        assertEquals([queue.takeLost(), queue.takeLost()], [lost, []]);
        // Every place is there, and none too many; and what waits is woken.
        for (const name of NAMES) await queue.put(name, { timeout: MUST_HAPPEN });
        assertEquals([queue.tryPut("one too many"), queue.size], ["full", ROOM]);
        const late = queue.put("late", { timeout: MUST_HAPPEN });
        assertEquals(await queue.get({ timeout: MUST_HAPPEN }), "first");
        if (queue instanceof JoinableQueue) queue.taskDone();
        await late;
        assertEquals(drain(queue), ["second", "third", "late"]);
        const next = queue.get({ timeout: MUST_HAPPEN });
        await queue.put("next", { timeout: MUST_HAPPEN });
        assertEquals(await next, "next");
        if (queue instanceof JoinableQueue) {
          queue.taskDone();
          await queue.join({ timeout: MUST_HAPPEN });
        }
        assertEquals(queue.takeLost(), []);
      });
    }
  }

  test(`${engine}: a thread that waits in join() dies: the others' join() resolves (bound: 10 s)`, async () => {
    const queue = new JoinableQueue<string>({ maxSize: ROOM });
    await die(engine, queue, { title: "", act: "waitInJoin", items: 2 });
    const join = queue.join({ timeout: MUST_HAPPEN });
    assertEquals(drain(queue), ["first", "second"]);
    await join;
  });

  test(`${engine}: a thread that waits to receive dies: the other end of the pipe is closed (bound: 10 s)`, async () => {
    await using victim = await TestThread.start(engine);
    const there = new SharedEvent();
    const [here, other] = Pipe<string>();
    victim.run("waitToReceive", other, there).catch(() => {});
    await there.wait({ timeout: MUST_HAPPEN });
    other.close();
    await victim.kill();
    await assertRejects(() => here.recv({ timeout: MUST_HAPPEN }), QueueClosedError);
    await assertRejects(() => here.send("too late"), QueueClosedError);
  });
}
