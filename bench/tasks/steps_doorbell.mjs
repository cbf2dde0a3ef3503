/** A worker that reports a finished call for every publication on its doorbell. */
import { workerData } from "node:worker_threads";
const { Doorbell } = await import(workerData.doorbell);
const doorbell = new Doorbell(workerData.memory);
for (let { tail } = workerData;;) {
  if (doorbell.park(tail, doorbell.postCount, 50)) {
    tail = doorbell.tail;
    doorbell.report({ count: 1, ms: 0, ran: 0 });
  }
}
