import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { context } from "@isopool/isopool/worker";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const contexts = tasks<typeof import("../fixtures/tasks/contexts.ts")>(
  import.meta.resolve("../fixtures/tasks/contexts.ts"),
);
const BACKENDS = ["async", "worker"] as const;

test("context outside of a task throws an error that names where to read it", () => {
  for (const field of ["signal", "workerId", "taskId", "attempt"] as const) {
    assertThrows(() => context[field], TypeError, "inside the task function");
  }
});

for (const backend of BACKENDS) {
  test(`${backend}: context has the ids of worker and task, the attempt, and a signal that has not fired`, async () => {
    await using pool = new Pool({ backend, workers: 1 });
    const future = pool.submit(contexts.look);
    const first = await future;
    const second = await pool.submit(contexts.look);
    assertEquals([first.attempt, first.aborted, first.workerId], [1, false, future.workerId]);
    assertEquals(second.workerId, first.workerId);
    assert(second.taskId !== first.taskId);
  });

  test(`${backend}: context stays the task's own across an await, while others run`, async () => {
    await using pool = new Pool({ backend, workers: 2 });
    await using gate = new Gate();
    const futures = [pool.submit(contexts.lookTwice, gate.words), pool.submit(contexts.lookTwice, gate.words)];
    await gate.entered(2);
    gate.open();
    for (const [before, after, same] of await within(MUST_HAPPEN, Promise.all(futures))) {
      assertEquals([before === after, same], [true, true]);
    }
  });

  test(`${backend}: context.state is kept from one task to the next`, async () => {
    await using pool = new Pool({ backend, workers: 1 });
    const key = crypto.randomUUID();
    assertEquals(await pool.submit(contexts.countInState, key), 1);
    assertEquals(await pool.submit(contexts.countInState, key), 2);
  });
}

test("worker: each worker has a context.state of its own, also a worker that replaces another", async () => {
  const key = "state";
  await using one = new Pool(1);
  assertEquals(await one.map(contexts.countInState, [key, key]), [1, 2]);
  await using two = new Pool(1);
  assertEquals(await two.submit(contexts.countInState, key), 1);
  const [replaced] = two.workerIds;
  await two.restart();
  assertEquals(await two.submit(contexts.countInState, key), 1);
  assert(!two.workerIds.includes(replaced));
});

test("worker: a timer that a task has left finds no context while no task runs", async () => {
  await using pool = new Pool(1);
  await using gate = new Gate();
  await pool.submit(contexts.lookLater, gate.words);
  await until(() => gate.read("NOTE") !== 0, "the timer has fired");
  assertEquals(gate.read("NOTE"), 1);
});
