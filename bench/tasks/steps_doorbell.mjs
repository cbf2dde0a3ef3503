/**
 * The worker of the benchmark of the doorbell (../steps.ts): reports a finished call for every call that the host publishes.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
const { Doorbell } = await import(workerData.doorbell);
const doorbell = new Doorbell(workerData.memory);
for (let { tail } = workerData;;) {
  if (doorbell.park(tail, doorbell.postCount, 50)) {
    tail = doorbell.tail;
    doorbell.report({ count: 1, ms: 0, runTime: 0 });
  }
}
