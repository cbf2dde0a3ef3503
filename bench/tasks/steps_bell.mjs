/** A worker that answers every ring. */
import { workerData } from "node:worker_threads";
const { Bell } = await import(workerData.bell);
const bell = new Bell(workerData.memory);
for (let { tail } = workerData;;) {
  if (bell.rest(tail, bell.posts, 50)) {
    tail = bell.tail;
    bell.tell({ count: 1, ms: 0, ran: 0 });
  }
}
