/**
 * Programs of the condition.
 *
 * @module
 */
import { conditionWords } from "../../lib/shared/steps/condition.ts";
import { Result } from "../../lib/shared/steps/step.ts";
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
    maySleep: (world) => world.ghost(0) === 0 && !world.dead(world.model.state[0] >>> 1),
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
