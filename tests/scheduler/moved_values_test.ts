import { assertEquals } from "@std/assert";
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { CallJob } from "../../lib/pool/call_job.ts";
import { testWithClock, turn } from "./hand_clock.ts";
import { handScheduler } from "./hand_worker.ts";

testWithClock(
  "Scheduler sends a call that moves its values to an idle worker only, since it could not come back",
  async () => {
    const { fleet, scheduler, task } = handScheduler({ taskTakes: 0.1 });
    using failures = new UnobservedFailures();
    const submit = (name: string, transfer: Transferable[] = []) => {
      const none = {
        timeout: undefined,
        deadline: undefined,
        signal: undefined,
        retry: undefined,
        given: {},
        nested: false,
        context: undefined,
      };
      const options = { ...none, transfer };
      const call = new CallJob(scheduler, task, [name], options, failures, undefined);
      call.enqueue();
      return call.future;
    };
    const buffer = new ArrayBuffer(8);
    const futures = [submit("plain"), submit("moving", [buffer]), submit("after")];
    await turn();
    const [worker] = fleet.all;
    assertEquals(worker.inFlight, [["plain"]]);
    worker.end();
    await turn();
    assertEquals(worker.inFlight, [["moving"], ["after"]]);
    assertEquals(worker.batches.map(({ transfer }) => transfer.length), [0, 1, 0]);
    worker.end();
    worker.end();
    assertEquals(await Promise.all(futures), [["plain"], ["moving"], ["after"]]);
    await scheduler.terminate();
  },
);
