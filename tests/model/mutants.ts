/**
 * The algorithms of locks, semaphores, events, conditions and barriers with one mistake each, of the kind that survives a
 * review. The explorer must find every mistake; if it does not, the explorer is broken. A mutant replaces one step, and
 * leaves the rest to the original.
 *
 * @module
 */
import * as barrier from "../../lib/shared/steps/barrier.ts";
import { Acquire, Release } from "../../lib/shared/steps/lock.ts";
import { Join, Leave, Sleep as ConditionSleep, Stage as ConditionStage } from "../../lib/shared/steps/condition.ts";
import { Notify } from "../../lib/shared/steps/condition_notify.ts";
import { SetFlag } from "../../lib/shared/steps/event.ts";
import { ReleasePermit } from "../../lib/shared/steps/permits.ts";
import { Take } from "../../lib/shared/steps/semaphore.ts";
import { end, type Frame, jump, type Outcome, OwnerStatus, Result, type Words } from "../../lib/shared/steps/step.ts";
import { eventProgram, lockProgram, permitsProgram, semaphoreProgram } from "./locks.ts";
import { machines } from "./machines.ts";
import { barrierProgram } from "./barriers.ts";
import { deadPlacesProgram, exactlyProgram, itemsProgram, lostNotificationsProgram } from "./conditions.ts";
import type { Mutant } from "./prove.ts";

type Step = (words: Words, frame: Frame) => Outcome;

/** Replaces the step at one `pc` of a machine. */
export function at(original: Step, pc: number, mutant: Step): Step {
  return (words, frame) => frame.pc === pc ? mutant(words, frame) : original(words, frame);
}

const { acquire, release, take, releasePermit, eventSet, barrierWait, conditionWait, notify } = machines;

/** All of them. */
export const mutants: Mutant[] = [
  {
    name: "an event that notifies before it stores",
    machines: {
      eventSet: at(eventSet, SetFlag.LOAD, (words, frame) => {
        frame.seen = words.load(0);
        return jump(frame, 10);
      }),
    },
    program: (machines) => {
      const { eventSet } = machines;
      const early = at(eventSet, 10, (words, frame) => {
        words.notify(0, 3);
        return jump(frame, SetFlag.SET);
      });
      const late = at(early, SetFlag.WAKE, (_, frame) => end(frame, Result.OK));
      return eventProgram({ ...machines, eventSet: late }, { again: false, deaths: 0, quits: 0 });
    },
  },
  {
    name: "a lock that is taken without a check after a wait",
    machines: {
      acquire: at(acquire, Acquire.RELOAD, (words, frame) => {
        words.store(0, frame.me << 1 | 1);
        return end(frame, Result.OK);
      }),
    },
    program: (machines) => lockProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a lock that two threads recover",
    machines: {
      acquire: at(acquire, Acquire.RECOVER, (words, frame) => {
        words.store(0, frame.me << 1 | 1);
        return end(frame, Result.RECOVERED);
      }),
    },
    program: (machines) => lockProgram(machines, { quits: 0 }),
  },
  {
    name: "a lock that is reported as abandoned by an old value of its word",
    machines: { acquire: at(acquire, Acquire.CONFIRM, (_, frame) => end(frame, frame.result)) },
    program: (machines) => lockProgram(machines, { recover: false, quits: 0 }),
  },
  {
    name: "a lock that is taken as uncontended after a wait",
    machines: {
      acquire: at(acquire, Acquire.TAKE_CONTENDED, (words, frame) => {
        const found = words.compareExchange(0, 0, frame.me << 1);
        return found === 0 ? end(frame, Result.OK) : jump(frame, Acquire.RELOAD);
      }),
    },
    program: (machines) => lockProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a lock released by a load and a store",
    machines: {
      release: at(
        at(release, Release.CLEAR, (words, frame) => {
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
    name: "a lock whose waiter gives up and does not pass the notification on",
    machines: {
      acquire: at(
        acquire,
        Acquire.RELOAD,
        (words, frame) => frame.giveUp ? end(frame, Result.GAVE_UP) : acquire(words, frame),
      ),
    },
    program: (machines) => lockProgram(machines, { deaths: 0 }),
  },
  {
    name: "a semaphore whose waiter gives up and does not pass the notification on",
    machines: {
      take: at(take, Take.RELOAD, (words, frame) => frame.giveUp ? end(frame, Result.GAVE_UP) : take(words, frame)),
    },
    program: (machines) => semaphoreProgram(machines, { deaths: 0, rounds: 2 }),
  },
  {
    name: "permits that count the release before they are free",
    machines: {
      releasePermit(words, frame) {
        if (frame.pc === ReleasePermit.FREE) {
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
    name: "permits that are freed and not counted",
    machines: { releasePermit: at(releasePermit, ReleasePermit.COUNT, (_, frame) => jump(frame, ReleasePermit.WAKE)) },
    program: (machines) => permitsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a condition that notifies one too many",
    machines: {
      notify: at(notify, Notify.START, (words, frame) => {
        // Once only: no other step uses `result` before the end.
        if (frame.result === Result.OK) frame.a++;
        frame.result = Result.FULL;
        return notify(words, frame);
      }),
    },
    program: (machines) => exactlyProgram(machines, { waiters: 2, count: 1 }),
  },
  {
    name: "a condition that notifies a waiter that has given up",
    machines: {
      notify: at(notify, Notify.SET_NOTIFIED, (words, frame) => {
        words.store(1 + frame.c * 2, frame.seen & ~3 | 2);
        return jump(frame, Notify.WAKE);
      }),
    },
    program: (machines) => itemsProgram(machines, { puts: 1, deaths: 0, quits: 1 }),
  },
  {
    name: "a condition whose slots are lost with threads that died after their notification",
    machines: {
      conditionWait(words, lock, frame) {
        if (frame.stage === ConditionStage.PASS_ON) return end(frame, Result.FULL);
        return conditionWait(words, lock, frame);
      },
    },
    program: (machines) => deadPlacesProgram(machines, {}),
  },
  {
    name: "a condition that gives the slot of a dead thread away, and loses the notification in it",
    machines: {
      conditionWait(words, lock, frame) {
        const died = frame.stage === ConditionStage.JOIN && frame.pc === Join.CHECK_OWNER &&
          words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE;
        return died ? jump(frame, Join.LOAD_NEXT) : conditionWait(words, lock, frame);
      },
    },
    program: (machines) => deadPlacesProgram(machines, {}),
  },
  {
    name: "a condition whose waiter frees the slots of all dead threads, and wakes for one",
    machines: {
      conditionWait(words, lock, frame) {
        if (frame.stage !== ConditionStage.LEAVE || frame.pc !== Leave.FREE_DEAD) {
          return conditionWait(words, lock, frame);
        }
        words.store(1 + frame.d++ * 2, 0);
        return jump(frame, Leave.SCAN);
      },
    },
    program: (machines) => lostNotificationsProgram(machines, { lost: 2 }),
  },
  {
    name: "a condition whose waiter has its own notification and takes that of a dead thread as well",
    machines: {
      conditionWait(words, lock, frame) {
        const leaves = frame.stage === ConditionStage.SLEEP && frame.pc === ConditionSleep.LEAVE;
        const outcome = conditionWait(words, lock, frame);
        if (leaves) frame.c = 1;
        return outcome;
      },
    },
    program: (machines) => lostNotificationsProgram(machines, { lost: 1 }),
  },
  {
    name: "a barrier that wakes one instead of all",
    machines: {
      barrierWait(words, frame) {
        if (frame.stage !== barrier.Stage.WAKE) return barrierWait(words, frame);
        words.notify(1, 1);
        return end(frame, Result.OK);
      },
    },
    program: (machines) => barrierProgram(machines, { rounds: 1, deaths: 0, quits: 0 }),
  },
  {
    name: "a barrier that does not check the holder of its lock",
    machines: {
      barrierWait(words, frame) {
        const asleep = frame.stage === barrier.Stage.SLEEP && frame.pc === barrier.Sleep.LOAD_HOLDER;
        return asleep ? jump(frame, barrier.Sleep.SLEEP) : barrierWait(words, frame);
      },
    },
    program: (machines) => barrierProgram(machines, { parties: 2, rounds: 1, quits: 0 }),
  },
  {
    name: "a barrier whose last party does not check the others",
    machines: {
      barrierWait(words, frame) {
        const checks = frame.stage === barrier.Stage.ARRIVE && frame.pc === barrier.Arrive.LOAD_PARTY;
        return checks ? jump(frame, barrier.Arrive.CHECK_LAST_BROKEN) : barrierWait(words, frame);
      },
    },
    program: (machines) => barrierProgram(machines, { parties: 2, rounds: 1, quits: 0 }),
  },
  {
    name: "a barrier that passes by a store",
    machines: {
      barrierWait(words, frame) {
        if (frame.stage !== barrier.Stage.ARRIVE || frame.pc !== barrier.Arrive.PASS) return barrierWait(words, frame);
        words.store(1, frame.c + 2);
        return jump(frame, barrier.Arrive.CLEAR_COUNT);
      },
    },
    program: (machines) => barrierProgram(machines, { parties: 2, rounds: 1, deaths: 0 }),
  },
];
