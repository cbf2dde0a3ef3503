/**
 * Programs of the lock, the semaphore, the permits with owners, and the event.
 *
 * @module
 */
import { Result } from "../../lib/shared/steps/step.ts";
import type { Op, Program, World } from "./world.ts";
import type { Machines } from "./machines.ts";

// Ghost 0 is the thread that is inside the lock, or this.
const NO_THREAD = 0;

// Checks and notes that a thread has the lock; `false` if its machine ended without it.
function entered(world: World, result: number): boolean {
  const inside = world.ghost(0);
  if (result === Result.OK) world.check(inside === NO_THREAD, `${world.me} entered while ${inside} was inside`);
  else if (result === Result.RECOVERED) {
    world.check(inside === NO_THREAD || world.dead(inside), `${world.me} took over from ${inside}, which is not dead`);
  } else return false;
  world.setGhost(0, world.me);
  return true;
}

/** Takes the lock at word 0. If that fails, the script ends. */
export function acquireOp({ acquire }: Machines, recover: boolean, mayQuit = true, at = 0): Op {
  return {
    mayQuit,
    begin: (_, frame) => void (frame.recover = recover),
    step: (model, frame) => acquire(model.at(at), frame),
    end(world, { result }) {
      if (entered(world, result)) return;
      const inside = world.ghost(0);
      if (result === Result.ABANDONED) world.check(world.dead(inside), `abandoned by ${inside}, which lives`);
      return -1;
    },
  };
}

/** Releases the lock. */
export function releaseOp({ release }: Machines, at = 0): Op {
  return {
    begin(world) {
      world.check(world.ghost(0) === world.me, `${world.me} releases while ${world.ghost(0)} is inside`);
      world.setGhost(0, NO_THREAD);
    },
    step: (model, frame) => release(model.at(at), frame),
  };
}

/** Mutual exclusion among threads that each take the lock `rounds` times. */
export function lockProgram(
  machines: Machines,
  { threads = 3, rounds = 1, recover = true, deaths = 1, quits = 1, losses = 0 },
): Program {
  const round = [acquireOp(machines, recover), releaseOp(machines)];
  const script = Array.from({ length: rounds }, () => round).flat();
  return {
    name:
      `lock: ${threads} threads x ${rounds}, recover ${recover}, deaths ${deaths}, quits ${quits}, losses ${losses}`,
    words: 1,
    ghosts: 1,
    scripts: Array.from({ length: threads }, () => script),
    deaths,
    quits,
    losses,
  };
}

/** Three threads that take and give permits; ghost 0 counts the permits that are held. */
export function semaphoreProgram(
  { take, give }: Machines,
  { permits = 1, rounds = 1, deaths = 1, quits = 1 },
): Program {
  const script = Array.from({ length: rounds }, (): Op[] => [
    {
      mayQuit: true,
      step: (model, frame) => take(model.at(0), frame),
      end(world, { result }) {
        if (result === Result.GAVE_UP) return -1;
        world.setGhost(0, world.ghost(0) + 1);
        world.check(world.ghost(0) <= permits, "more holders than permits");
      },
    },
    {
      begin(world, frame) {
        frame.a = 1;
        // Counted before the step: the check above must not see a permit that is given and still counted as held.
        world.setGhost(0, world.ghost(0) - 1);
      },
      step: (model, frame) => give(model.at(0), frame),
    },
  ]).flat();
  return {
    name: `semaphore: 3 threads x ${rounds}, ${permits} permits, deaths ${deaths}, quits ${quits}`,
    words: 1,
    ghosts: 1,
    init: (words) => words.store(0, permits),
    scripts: [script, script, script],
    deaths,
    quits,
    maySleep: (world) => deaths > 0 && world.model.state[0] === 0,
    atEnd(world) {
      const died = [1, 2, 3].filter((thread) => world.dead(thread)).length;
      const left = world.model.state[0];
      world.check(left <= permits && left >= permits - died, `${left} permits are left of ${permits}, ${died} died`);
    },
  };
}

/** One thread gives two permits at once to two that sleep. */
export function releaseManyProgram({ take, give }: Machines): Program {
  const taker: Op[] = [{ step: (model, frame) => take(model.at(0), frame) }];
  const giver: Op[] = [{ begin: (_, frame) => void (frame.a = 2), step: (model, frame) => give(model.at(0), frame) }];
  return {
    name: "semaphore: two permits at once",
    words: 1,
    ghosts: 0,
    scripts: [taker, taker, giver],
    deaths: 1,
    maySleep: (world) => world.dead(3),
  };
}

/** Threads that share permits with owners; ghost n is the thread that holds permit n. */
export function permitsProgram(
  { acquirePermit, releasePermit }: Machines,
  { permits = 1, deaths = 1, quits = 1, losses = 0 },
): Program {
  const script: Op[] = [
    {
      mayQuit: true,
      begin: (_, frame) => void (frame.b = permits),
      step: (model, frame) => acquirePermit(model.at(0), frame),
      end(world, { result, a }) {
        if (result === Result.GAVE_UP) return -1;
        const before = world.ghost(a);
        world.check(before === NO_THREAD || world.dead(before), `permit ${a} taken from ${before}`);
        world.setGhost(a, world.me);
      },
    },
    {
      begin(world, frame) {
        while (world.ghost(frame.a) !== world.me) frame.a++;
        world.setGhost(frame.a, NO_THREAD);
      },
      step: (model, frame) => releasePermit(model.at(0), frame),
    },
  ];
  return {
    name: `permits: 3 threads, ${permits} permits, deaths ${deaths}, quits ${quits}, losses ${losses}`,
    words: 1 + permits,
    ghosts: permits,
    scripts: [script, script, script],
    deaths,
    quits,
    losses,
  };
}

/** Two waiters, and a thread that sets, clears and, with `again`, sets the event once more. */
export function eventProgram(
  { eventWait, eventSet, eventClear }: Machines,
  { again = true, deaths = 1, quits = 1 },
): Program {
  const waiter: Op[] = [{ mayQuit: true, step: (model, frame) => eventWait(model.at(0), frame) }];
  const setOp: Op = { step: (model, frame) => eventSet(model.at(0), frame) };
  const clearOp: Op = { step: (model, frame) => eventClear(model.at(0), frame) };
  return {
    name: `event: set, clear${again ? ", set" : ""}, deaths ${deaths}, quits ${quits}`,
    words: 1,
    ghosts: 0,
    scripts: [waiter, waiter, again ? [setOp, clearOp, setOp] : [setOp, clearOp]],
    deaths,
    quits,
    // A waiter may sleep if it came after the event was cleared, or the event was never set. The explorer finds a waiter that
    // missed a set.
    maySleep: (world) => (world.model.state[0] & 1) === 0 && (!again || world.dead(3)),
  };
}
