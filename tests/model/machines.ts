/**
 * The machines under test as one record, so that a mutant can replace one of them.
 *
 * @module
 */
import * as deliveries from "../../lib/queue/steps/deliveries.ts";
import * as ends from "../../lib/queue/steps/ends.ts";
import * as log from "../../lib/queue/steps/paged_log.ts";
import * as barrier from "../../lib/shared/steps/barrier.ts";
import * as barrierReset from "../../lib/shared/steps/barrier_reset.ts";
import * as call from "../../lib/shared/steps/call.ts";
import * as condition from "../../lib/shared/steps/condition.ts";
import * as conditionNotify from "../../lib/shared/steps/condition_notify.ts";
import * as doorbell from "../../lib/shared/steps/doorbell.ts";
import * as event from "../../lib/shared/steps/event.ts";
import * as lock from "../../lib/shared/steps/lock.ts";
import * as mpmcRing from "../../lib/shared/steps/mpmc_ring.ts";
import * as permits from "../../lib/shared/steps/permits.ts";
import * as semaphore from "../../lib/shared/steps/semaphore.ts";
import * as spscRing from "../../lib/shared/steps/spsc_ring.ts";
import type { Step } from "../../lib/shared/steps/step.ts";

/** The machines of production. */
export const machines = {
  acquire: lock.acquire,
  release: lock.release,
  take: semaphore.take,
  give: semaphore.give,
  acquirePermit: permits.acquirePermit,
  releasePermit: permits.releasePermit,
  eventWait: event.wait,
  eventSet: event.set,
  eventClear: event.clear,
  conditionWait: condition.wait,
  notify: conditionNotify.notify,
  barrierWait: barrier.wait,
  abort: barrierReset.abort,
  reset: barrierReset.reset,
  ringPut: mpmcRing.put,
  ringTake: mpmcRing.take,
  ringClose: mpmcRing.close,
  ringReady: mpmcRing.ready,
  ringPassOn: mpmcRing.passNotificationOn,
  endArrive: ends.arrive,
  endCheck: ends.checkEnd,
  endLeave: ends.leave,
  logWrite: log.write,
  logRead: log.read,
  deliveriesTake: deliveries.take,
  deliveriesCollect: deliveries.collect,
  doneCount: deliveries.doneCount,
  releaseOne: deliveries.releaseOne,
  releaseAll: deliveries.releaseAll,
  // Typed as any machine, so that a mutant can replace them.
  signal: doorbell.signal as Step,
  park: doorbell.park as Step,
  waitForTail: doorbell.waitForTail as Step,
  isQueued: call.isQueued,
  claimCall: call.claimCall,
  spscBegin: spscRing.begin as Step,
  spscWrap: spscRing.wrap as Step,
};

/** The machines of production, or with mutants among them. */
export type Machines = typeof machines;
