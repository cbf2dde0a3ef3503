/**
 * The algorithms with one mistake each, of the kind that survives a review. The explorer must find every one; where it
 * does not, it is the explorer that is broken.
 *
 * A mutant replaces one step and leaves the rest to the original.
 *
 * @module
 */
import * as barrier from "../../lib/shared/steps/barrier.ts";
import { Acquire, Release } from "../../lib/shared/steps/lock.ts";
import { Notify } from "../../lib/shared/steps/condition.ts";
import { Set as SetAt } from "../../lib/shared/steps/event.ts";
import { Unclaim } from "../../lib/shared/steps/permits.ts";
import { Stage as RingStage } from "../../lib/shared/steps/mpmc_ring.ts";
import { Take } from "../../lib/shared/steps/semaphore.ts";
import {
  CONTINUE,
  DONE,
  end,
  enter,
  type Frame,
  jump,
  type Outcome,
  Result,
  type Words,
} from "../../lib/shared/steps/step.ts";
import { eventProgram, lockProgram, permitsProgram, semaphoreProgram } from "./locks.ts";
import { machines } from "./machines.ts";
import { barrierProgram, exactlyProgram, itemsProgram } from "./meetings.ts";
import type { Mutant } from "./prove.ts";
import { ringProgram } from "./mpmc_rings.ts";

type Step = (words: Words, frame: Frame) => Outcome;

/** The original, but for the steps at one place. */
export function at(original: Step, pc: number, mutant: Step): Step {
  return (words, frame) => frame.pc === pc ? mutant(words, frame) : original(words, frame);
}

const { acquire, release, take, unclaim, set, meet, notify, ringPut, ringTake } = machines;

/** All of them. */
export const mutants: Mutant[] = [
  {
    name: "an event that notifies before it stores",
    machines: {
      set: at(set, SetAt.START, (words, frame) => {
        frame.seen = words.load(0);
        return jump(frame, 10);
      }),
    },
    program: (machines) => {
      const { set } = machines;
      const early = at(set, 10, (words, frame) => {
        words.notify(0, 3);
        return jump(frame, SetAt.PUT);
      });
      const late = at(early, SetAt.WAKE, (_, frame) => end(frame, Result.OK));
      return eventProgram({ ...machines, set: late }, { again: false, deaths: 0, quits: 0 });
    },
  },
  {
    name: "a lock that is not looked at again after a wait",
    machines: {
      acquire: at(acquire, Acquire.LOOK, (words, frame) => {
        words.store(0, frame.me << 1 | 1);
        return end(frame, Result.OK);
      }),
    },
    program: (machines) => lockProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a lock that is recovered by two",
    machines: {
      acquire: at(acquire, Acquire.RECOVER, (words, frame) => {
        words.store(0, frame.me << 1 | 1);
        return end(frame, Result.RECOVERED);
      }),
    },
    program: (machines) => lockProgram(machines, { quits: 0 }),
  },
  {
    name: "a lock that says abandoned by what it read long ago",
    machines: { acquire: at(acquire, Acquire.CONFIRM, (_, frame) => end(frame, frame.result)) },
    program: (machines) => lockProgram(machines, { recover: false, quits: 0 }),
  },
  {
    name: "a lock that is taken unmarked after a wait",
    machines: {
      acquire: at(acquire, Acquire.TAKE, (words, frame) => {
        const found = words.compareExchange(0, 0, frame.me << 1);
        return found === 0 ? end(frame, Result.OK) : jump(frame, Acquire.LOOK);
      }),
    },
    program: (machines) => lockProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a lock released by a load and a store",
    machines: {
      release: at(
        at(release, Release.START, (words, frame) => {
          frame.seen = words.load(0);
          return jump(frame, 10);
        }),
        10,
        (words, frame) => {
          words.store(0, 0);
          return (frame.seen & 1) === 0 ? end(frame, Result.OK) : jump(frame, Release.WAKE);
        },
      ),
    },
    program: (machines) => lockProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a lock that is given up on without passing the notification on",
    machines: {
      acquire: at(
        acquire,
        Acquire.LOOK,
        (words, frame) => frame.quit ? end(frame, Result.GAVE_UP) : acquire(words, frame),
      ),
    },
    program: (machines) => lockProgram(machines, { deaths: 0 }),
  },
  {
    name: "a semaphore that is given up on without passing the notification on",
    machines: {
      take: at(take, Take.LOOK, (words, frame) => frame.quit ? end(frame, Result.GAVE_UP) : take(words, frame)),
    },
    program: (machines) => semaphoreProgram(machines, { deaths: 0, rounds: 2 }),
  },
  {
    name: "permits that move the word before they are free",
    machines: {
      unclaim(words, frame) {
        if (frame.pc === Unclaim.START) {
          words.add(0, 1);
          return jump(frame, 10);
        }
        if (frame.pc === 10) {
          words.notify(0, 1);
          return jump(frame, 11);
        }
        words.store(1 + frame.a, 0);
        return end(frame, Result.OK);
      },
    },
    program: (machines) => permitsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "permits that are freed without a move of the word",
    machines: { unclaim: at(unclaim, Unclaim.MOVE, (_, frame) => jump(frame, Unclaim.WAKE)) },
    program: (machines) => permitsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a condition that notifies one too many",
    machines: {
      notify: at(notify, Notify.START, (words, frame) => {
        // Once: the result is free until the end.
        if (frame.result === Result.OK) frame.a++;
        frame.result = Result.FULL;
        return notify(words, frame);
      }),
    },
    program: (machines) => exactlyProgram(machines, { waiters: 2, count: 1 }),
  },
  {
    name: "a condition that notifies who has given up",
    machines: {
      notify: at(notify, Notify.PUT, (words, frame) => {
        words.store(1 + frame.c * 2, frame.seen & ~3 | 2);
        return jump(frame, Notify.WAKE);
      }),
    },
    program: (machines) => itemsProgram(machines, { puts: 1, deaths: 0, quits: 1 }),
  },
  {
    name: "a barrier that wakes one instead of all",
    machines: {
      meet(words, frame) {
        if (frame.stage !== barrier.Stage.WAKE) return meet(words, frame);
        words.notify(1, 1);
        return end(frame, Result.OK);
      },
    },
    program: (machines) => barrierProgram(machines, { rounds: 1, deaths: 0, quits: 0 }),
  },
  {
    name: "a barrier that does not look at who holds its lock",
    machines: {
      meet(words, frame) {
        const asleep = frame.stage === barrier.Stage.SLEEP && frame.pc === barrier.Doze.LOCK;
        return asleep ? jump(frame, barrier.Doze.SLEEP) : meet(words, frame);
      },
    },
    program: (machines) => barrierProgram(machines, { parties: 2, rounds: 1, quits: 0 }),
  },
  {
    name: "a barrier that passes by a store",
    machines: {
      meet(words, frame) {
        if (frame.stage !== barrier.Stage.ARRIVE || frame.pc !== barrier.Arrive.PASS) return meet(words, frame);
        words.store(1, frame.c + 2);
        return jump(frame, barrier.Arrive.CLEAR);
      },
    },
    program: (machines) => barrierProgram(machines, { parties: 2, rounds: 1, deaths: 0 }),
  },
  {
    name: "a ring that moves its tail before the record is there",
    machines: {
      ringPut(ring, frame, cargo) {
        if (frame.stage === RingStage.LOOK && frame.pc === 1) {
          const outcome = ringPut(ring, frame, cargo);
          const stage: number = frame.stage;
          return stage === RingStage.COPY ? enter(frame, RingStage.COMMIT) : outcome;
        }
        if (frame.stage === RingStage.COMMIT) {
          ring.positions.compareExchange(1, frame.a, frame.a + frame.b * 2);
          return enter(frame, RingStage.COPY);
        }
        if (frame.stage === RingStage.COPY) {
          if (cargo((frame.a >>> 1) & (ring.capacity - 1), frame) !== DONE) return CONTINUE;
          frame.e = Result.OK;
          return enter(frame, RingStage.UNLOCK);
        }
        return ringPut(ring, frame, cargo);
      },
    },
    program: (machines) => ringProgram(machines, { takes: [2], second: false, deaths: 0 }),
  },
  {
    name: "a ring whose consumers move the head without their lock",
    machines: {
      ringTake(ring, frame, cargo) {
        if (frame.stage === RingStage.LOCK) return enter(frame, RingStage.LOOK);
        if (frame.stage !== RingStage.UNLOCK) return ringTake(ring, frame, cargo);
        if (frame.e === Result.OK) return enter(frame, RingStage.WAKE);
        if (frame.e < 0) return enter(frame, RingStage.SLEEP);
        frame.result = frame.e;
        return DONE;
      },
    },
    program: (machines) => ringProgram(machines, { takes: [1, 1], second: false, deaths: 0 }),
  },
  {
    name: "a ring whose consumers wake no producer",
    machines: {
      ringTake(ring, frame, cargo) {
        if (frame.stage !== RingStage.WAKE) return ringTake(ring, frame, cargo);
        return end(frame, Result.OK);
      },
    },
    program: (machines) => ringProgram(machines, { takes: [3], deaths: 0 }),
  },
];
