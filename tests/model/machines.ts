/**
 * The algorithms under test, as one record, so that a mutant can replace one.
 *
 * @module
 */
import * as ends from "../../lib/queue/steps/ends.ts";
import * as hands from "../../lib/queue/steps/deliveries.ts";
import * as log from "../../lib/queue/steps/paged_log.ts";
import * as bell from "../../lib/shared/steps/doorbell.ts";
import * as barrier from "../../lib/shared/steps/barrier.ts";
import * as call from "../../lib/shared/steps/call.ts";
import * as condition from "../../lib/shared/steps/condition.ts";
import * as event from "../../lib/shared/steps/event.ts";
import * as lock from "../../lib/shared/steps/lock.ts";
import * as permits from "../../lib/shared/steps/permits.ts";
import * as ring from "../../lib/shared/steps/mpmc_ring.ts";
import * as semaphore from "../../lib/shared/steps/semaphore.ts";
import * as spool from "../../lib/shared/steps/spsc_ring.ts";
import type { Step } from "../../lib/shared/steps/step.ts";

/** What production runs. */
export const machines = {
  acquire: lock.acquire,
  release: lock.release,
  take: semaphore.take,
  give: semaphore.give,
  claim: permits.claim,
  unclaim: permits.unclaim,
  pass: event.pass,
  set: event.set,
  clear: event.clear,
  await_: condition.await_,
  notify: condition.notify,
  meet: barrier.meet,
  abort: barrier.abort,
  reset: barrier.reset,
  ringPut: ring.put,
  ringTake: ring.take,
  ringClose: ring.close,
  ringReady: ring.ready,
  ringPassOn: ring.passNotificationOn,
  arrive: ends.arrive,
  look: ends.look,
  leave: ends.leave,
  logWrite: log.write,
  logRead: log.read,
  handsTake: hands.take,
  handsCollect: hands.collect,
  doneCount: hands.doneCount,
  releaseOne: hands.releaseOne,
  releaseAll: hands.releaseAll,
  // As steps among others, so that a mutant made of any step can replace them.
  ring: bell.signal as Step,
  rest: bell.park as Step,
  follow: bell.follow,
  isQueued: call.isQueued,
  claimCall: call.claimCall,
  spoolBegin: spool.begin as Step,
  spoolWrap: spool.wrap as Step,
};

/** The same, or with mutants among them. */
export type Machines = typeof machines;
