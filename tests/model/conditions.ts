/**
 * Programs of the condition.
 *
 * @module
 */
import { conditionWords, Phase, STATE } from "../../lib/shared/steps/condition_words.ts";
import { end, Result } from "../../lib/shared/steps/step.ts";
import type { Op, Program, World } from "./world.ts";
import { acquireOp, releaseOp } from "./locks.ts";
import type { Machines } from "./machines.ts";

const CONDITION = 1;

function waitOp({ conditionWait }: Machines, slots: number, more: Partial<Op>): Op {
  return {
    mayQuit: true,
    begin: (_, frame) => void (frame.b = slots),
    step(model, frame) {
      return conditionWait(model.at(CONDITION), model.at(0), frame);
    },
    ...more,
  };
}

function notifyOp({ notify }: Machines, slots: number, count: number): Op {
  return {
    begin(_, frame) {
      frame.a = count;
      frame.b = slots;
    },
    step: (model, frame) => notify(model.at(CONDITION), frame),
  };
}

function holderDied(world: World): boolean {
  return world.dead(world.model.state[0] >>> 1);
}

// Whether a waiter can still see that a thread was notified and has died. In production it checks every 50 ms; the explorer
// lets it check once.
function showsLostNotification(world: World, slots: number): boolean {
  return Array.from({ length: slots }, (_, slot) => world.model.state[CONDITION + STATE(slot)]).includes(DEAD_NOTIFIED);
}

// A condition releases and takes the lock in the middle of a wait, where no ghost can follow: so this reads the lock word.
function checkHeld(world: World): void {
  const owner = world.model.state[0] >>> 1;
  world.check(owner === world.me, `${world.me} runs as the holder of the lock, which ${owner} holds`);
}

function plainAcquire(machines: Machines): Op {
  const op = acquireOp(machines, false, false);
  return { ...op, end: (world, { result }) => result === Result.OK ? checkHeld(world) : -1 };
}

function plainRelease(machines: Machines): Op {
  return { ...releaseOp(machines), begin: checkHeld };
}

/**
 * A producer puts items one by one, each with a notification; two threads wait for one item each, in the usual loop. Ghost 0
 * counts the items. No thread may sleep while there is an item, unless a dead thread holds the lock.
 */
export function itemsProgram(machines: Machines, { puts = 2, deaths = 1, quits = 0 }): Program {
  const SLOTS = 2;
  const consumer: Op[] = [
    plainAcquire(machines),
    waitOp(machines, SLOTS, {
      begin(world, frame) {
        checkHeld(world);
        frame.b = SLOTS;
        // There is an item already: `step` ends at once.
        if (world.ghost(0) > 0) frame.stage = -1;
      },
      step: (model, frame) => frame.stage === -1 ? 2 : machines.conditionWait(model.at(CONDITION), model.at(0), frame),
      end(world, frame) {
        if (frame.result === Result.ABANDONED || frame.result === Result.LOST) return -1;
        world.check(frame.result !== Result.FULL, "no slot was free");
        checkHeld(world);
        // This thread does not check for an item: if it took a notification along, the other thread misses it.
        if (frame.result === Result.GAVE_UP) return 2;
        if (world.ghost(0) === 0) return 1;
        world.setGhost(0, world.ghost(0) - 1);
        return 2;
      },
    }),
    plainRelease(machines),
  ];
  const putOp: Op = {
    ...notifyOp(machines, SLOTS, 1),
    begin(world, frame) {
      checkHeld(world);
      world.setGhost(0, world.ghost(0) + 1);
      frame.a = 1;
      frame.b = SLOTS;
    },
  };
  const producer = Array.from({ length: puts }, () => [plainAcquire(machines), putOp, plainRelease(machines)]).flat();
  return {
    name: `condition: ${puts} items, deaths ${deaths}, quits ${quits}`,
    words: 1 + conditionWords(SLOTS),
    ghosts: 1,
    scripts: [consumer, consumer, producer],
    deaths,
    quits,
    maySleep: (world) => world.ghost(0) === 0 && !holderDied(world),
  };
}

/**
 * Threads wait, and another one notifies `count`: exactly so many wake. Ghost 0 counts the threads that woke, ghost 1 those
 * that began to wait; ghost 2 is how many must wake.
 */
export function exactlyProgram(machines: Machines, { waiters = 2, count = 1 }): Program {
  const waiter: Op[] = [
    plainAcquire(machines),
    waitOp(machines, waiters, {
      mayQuit: false,
      end(world) {
        checkHeld(world);
        world.setGhost(0, world.ghost(0) + 1);
      },
      begin(world, frame) {
        frame.b = waiters;
        world.setGhost(1, world.ghost(1) + 1);
      },
    }),
    plainRelease(machines),
  ];
  const notifier: Op[] = [
    plainAcquire(machines),
    {
      ...notifyOp(machines, waiters, count),
      begin(world, frame) {
        frame.a = count;
        frame.b = waiters;
        // This thread holds the lock, so all threads that began to wait sleep or are about to.
        world.setGhost(2, Math.min(count, world.ghost(1)));
      },
    },
    plainRelease(machines),
  ];
  return {
    name: `condition: notify(${count}) of ${waiters} waiters`,
    words: 1 + conditionWords(waiters),
    ghosts: 3,
    scripts: [...Array.from({ length: waiters }, () => waiter), notifier],
    maySleep: () => true,
    atEnd: (world) =>
      world.check(world.ghost(0) === world.ghost(2), `${world.ghost(0)} woke, ${world.ghost(2)} had to wake`),
  };
}

// The slot of a thread that was notified and has died: no thread has the id 0, so its status is that of a dead one.
const DEAD_NOTIFIED = Phase.NOTIFIED;

// Ends the script of a waiter that does not hold the lock, since its holder has died.
function endOnDeath(world: World, { result }: { result: number }): number | void {
  if (result === Result.ABANDONED) return -1;
  checkHeld(world);
}

/**
 * Two threads wait for two notifications: `lost` of them went to threads that have died since, a third thread sends the
 * others. No waiter sleeps at the end, unless it can still see a lost notification. The death of a fourth thread makes the
 * waiters check at any moment.
 */
export function lostNotificationsProgram(machines: Machines, { lost = 2 }): Program {
  const slots = 2 + lost;
  const wait = waitOp(machines, slots, { mayQuit: false, end: endOnDeath });
  const waiter = [plainAcquire(machines), wait, plainRelease(machines)];
  const notifier: Op = {
    ...notifyOp(machines, slots, 2 - lost),
    // A waiter that comes later misses the notification, as it should: ghost 0 counts those that wait now.
    end: (world) => world.setGhost(0, [1, 2].filter((thread) => world.position(thread) === 1).length),
  };
  const bystander: Op = {
    step(model, frame) {
      model.at(0).load(0);
      return end(frame, Result.OK);
    },
  };
  return {
    name: `condition: ${lost} of 2 notifications were lost with their threads`,
    words: 1 + conditionWords(slots),
    ghosts: 1,
    init(words) {
      for (let slot = 0; slot < lost; slot++) words.store(CONDITION + STATE(slot), DEAD_NOTIFIED);
    },
    scripts: [waiter, waiter, [plainAcquire(machines), notifier, plainRelease(machines)], [bystander]],
    deaths: 1,
    maySleep: (world) => world.position(3) < 2 || world.ghost(0) < 2 || showsLostNotification(world, slots),
  };
}

/**
 * All slots are those of notified threads that have died. As many threads wait at once: each finds a slot. The slot of a
 * dead thread is not taken while another thread waits, unless that one gets its notification: so no two sleep for ever.
 */
export function deadPlacesProgram(machines: Machines, { threads = 2, deaths = 1 }): Program {
  const waiter: Op[] = [
    plainAcquire(machines),
    waitOp(machines, threads, {
      mayQuit: false,
      end(world, { result }) {
        world.check(result !== Result.FULL, "no slot is free, though fewer threads wait than there are slots");
        return endOnDeath(world, { result });
      },
    }),
    plainRelease(machines),
  ];
  const scripts = Array.from({ length: threads }, () => waiter);
  return {
    name: `condition: ${threads} threads wait where ${threads} have died after their notification, deaths ${deaths}`,
    words: 1 + conditionWords(threads),
    ghosts: 0,
    init(words) {
      for (let slot = 0; slot < threads; slot++) words.store(CONDITION + STATE(slot), DEAD_NOTIFIED);
    },
    scripts,
    deaths,
    maySleep(world) {
      const sleeping = scripts.filter((_, thread) => world.sleeps(thread + 1)).length;
      return sleeping <= 1 || showsLostNotification(world, threads);
    },
  };
}
