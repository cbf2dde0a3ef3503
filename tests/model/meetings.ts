/**
 * Programs of the condition and the barrier.
 *
 * @module
 */
import { barrierWords, initBarrier, Stage } from "../../lib/shared/steps/barrier.ts";
import { conditionWords } from "../../lib/shared/steps/condition.ts";
import { Result } from "../../lib/shared/steps/step.ts";
import type { Op, Program, World } from "./world.ts";
import { acquireOp, releaseOp } from "./locks.ts";
import type { Machines } from "./machines.ts";

const CONDITION = 1;

// Releases the lock at one moment with the first step of waiting, for the ghost of the lock.
function waitOp({ await_ }: Machines, places: number, more: Partial<Op>): Op {
  return {
    mayQuit: true,
    begin: (_, frame) => void (frame.b = places),
    step(model, frame) {
      return await_(model.at(CONDITION), model.at(0), frame);
    },
    ...more,
  };
}

function notifyOp({ notify }: Machines, places: number, count: number): Op {
  return {
    begin(_, frame) {
      frame.a = count;
      frame.b = places;
    },
    step: (model, frame) => notify(model.at(CONDITION), frame),
  };
}

// The ghost "inside" cannot follow the lock through the middle of a wait, so these check by the word itself.
function held(world: World): void {
  const owner = world.model.state[0] >>> 1;
  world.check(owner === world.me, `${world.me} believes that it holds the lock, the word says ${owner}`);
}

function plainAcquire(machines: Machines): Op {
  const op = acquireOp(machines, false, false);
  return { ...op, end: (world, { result }) => result === Result.OK ? held(world) : -1 };
}

function plainRelease(machines: Machines): Op {
  return { ...releaseOp(machines), begin: held };
}

/**
 * Items are put one by one, each with a notification; two threads wait for one each, in the usual loop. Ghost 0: items.
 * Nobody may sleep while there is an item and no dead thread in the way.
 */
export function itemsProgram(machines: Machines, { puts = 2, deaths = 1, quits = 0 }): Program {
  const PLACES = 2;
  const consumer: Op[] = [
    plainAcquire(machines),
    waitOp(machines, PLACES, {
      begin(world, frame) {
        held(world);
        frame.b = PLACES;
        // Nothing to wait for: skip, by a machine that has ended.
        if (world.ghost(0) > 0) frame.stage = -1;
      },
      step: (model, frame) => frame.stage === -1 ? 2 : machines.await_(model.at(CONDITION), model.at(0), frame),
      end(world, frame) {
        if (frame.result === Result.ABANDONED || frame.result === Result.LOST) return -1;
        world.check(frame.result !== Result.FULL, "no place was free");
        held(world);
        // Not even looking: a notification that it took along would be missed by the other.
        if (frame.result === Result.GAVE_UP) return 2;
        if (world.ghost(0) === 0) return 1;
        world.setGhost(0, world.ghost(0) - 1);
        return 2;
      },
    }),
    plainRelease(machines),
  ];
  const putOp: Op = {
    ...notifyOp(machines, PLACES, 1),
    begin(world, frame) {
      held(world);
      world.setGhost(0, world.ghost(0) + 1);
      frame.a = 1;
      frame.b = PLACES;
    },
  };
  const producer = Array.from({ length: puts }, () => [plainAcquire(machines), putOp, plainRelease(machines)]).flat();
  return {
    name: `condition: ${puts} items, deaths ${deaths}, quits ${quits}`,
    words: 1 + conditionWords(PLACES),
    ghosts: 1,
    scripts: [consumer, consumer, producer],
    deaths,
    quits,
    maySleep: (world) => world.ghost(0) === 0 && !world.dead(world.model.state[0] >>> 1),
  };
}

/** Three threads wait, one notifies `count`: exactly so many wake. Ghost 0: how many came back; ghost 1: joined. */
export function exactlyProgram(machines: Machines, { waiters = 2, count = 1 }): Program {
  const waiter: Op[] = [
    plainAcquire(machines),
    waitOp(machines, waiters, {
      mayQuit: false,
      end(world) {
        held(world);
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
        // Who waits at this moment: the lock is held, so all that have begun sleep or are about to.
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
      world.check(world.ghost(0) === world.ghost(2), `${world.ghost(0)} woke, ${world.ghost(2)} were to be notified`),
  };
}

/**
 * Parties that meet `rounds` times. Ghosts, for each round: who passed, who was told it is broken, how many were first.
 */
export function barrierProgram(
  machines: Machines,
  { parties = 3, rounds = 2, deaths = 1, quits = 1, losses = 0 },
): Program {
  const meetOp = (round: number): Op => ({
    mayQuit: true,
    begin(world, frame) {
      frame.b = parties;
      world.setGhost(round * 4 + 3, world.ghost(round * 4 + 3) + 1);
    },
    step: (model, frame) => machines.meet(model.at(0), frame),
    end(world, { result, stage, a }) {
      const [passed, broken, first, begun] = [0, 1, 2, 3].map((ghost) => round * 4 + ghost);
      if (result !== Result.OK) {
        if (result === Result.BROKEN || stage === Stage.BREAK) world.setGhost(broken, 1);
        return -1;
      }
      world.check(world.ghost(begun) === parties, `${world.me} passed before all had come`);
      world.setGhost(passed, 1);
      if (a === 0) world.setGhost(first, world.ghost(first) + 1);
      world.check(world.ghost(first) <= 1, "two were the first");
    },
  });
  const script = Array.from({ length: rounds }, (_, round) => meetOp(round));
  return {
    name: `barrier: ${parties} parties x ${rounds}, deaths ${deaths}, quits ${quits}, lost ${losses}`,
    words: barrierWords(parties),
    ghosts: rounds * 4,
    init: initBarrier,
    scripts: Array.from({ length: parties }, () => script),
    deaths,
    quits,
    losses,
    // Only for somebody who will never come, and died where the barrier could not know it.
    maySleep: (world) =>
      !knownDead(world) && Array.from({ length: parties }, (_, t) => t + 1).some((thread) => !world.sleeps(thread)),
    atEnd(world) {
      for (let round = 0; round < rounds; round++) {
        const both = world.ghost(round * 4) === 1 && world.ghost(round * 4 + 1) === 1;
        world.check(!both, `round ${round} was passed and broken`);
      }
    },
  };
}

// Whether a dead thread is among those that have arrived, or holds the barrier's lock.
function knownDead(world: World): boolean {
  const [lock, , count] = world.model.state;
  return [...world.model.state.slice(4, 4 + count), lock >>> 1].some((owner) => owner !== 0 && world.dead(owner));
}

/** Two meet, a third resets or aborts: whoever is told "passed" met somebody who was told the same, unless that died. */
export function disturbedProgram(machines: Machines, { by = "reset" as "reset" | "abort", deaths = 0 }): Program {
  const meetOp: Op = {
    begin: (_, frame) => void (frame.b = 2),
    step: (model, frame) => machines.meet(model.at(0), frame),
    end(world, { result }) {
      world.setGhost(result === Result.OK ? 0 : 1, world.ghost(result === Result.OK ? 0 : 1) + 1);
    },
  };
  const disturb: Op = { step: (model, frame) => machines[by](model.at(0), frame) };
  return {
    name: `barrier: ${by}, deaths ${deaths}`,
    words: barrierWords(2),
    ghosts: 2,
    init: initBarrier,
    scripts: [[meetOp], [meetOp], [disturb]],
    deaths,
    // After a reset, the second may have come alone; and the other may have died before it came.
    maySleep: (world) => !knownDead(world) && world.ghost(0) === 0 && (world.ghost(1) === 1 || deaths > 0),
    atEnd(world) {
      const died = world.dead(1) || world.dead(2);
      world.check(world.ghost(0) !== 1 || died, "one passed alone");
      world.check(
        by === "reset" || world.ghost(0) === 2 || (world.model.state[1] & 1) === 1 || died || world.dead(3),
        "aborted, and whole",
      );
    },
  };
}
