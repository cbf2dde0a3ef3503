/**
 * A program of `select`: one call takes from the first of two queues that has an item.
 *
 * @module
 */
import { type CopyStep, RING_WORDS, type RingWords } from "../../lib/shared/steps/mpmc_ring.ts";
import { CONTINUE, DONE, Result, WAIT } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Model, Op, Program } from "./world.ts";

const PUT_LOCK = RING_WORDS, TAKE_LOCK = PUT_LOCK + 1;

/**
 * Two queues, a `select` on both, and consumers of the second queue. The `select` waits with two machines, each of which is a
 * thread here. A machine that `select` gives up, because the other one was first, runs out of time here.
 */
export function selectProgram(
  machines: Machines,
  { puts = [2, 1], consumers = 1, deaths = 1, quits = 1, closes = false },
): Program {
  const size = RING_WORDS + 2;
  const ring = (model: Model, queue: number): RingWords => ({
    positions: model.at(queue * size),
    putLock: model.at(queue * size + PUT_LOCK),
    takeLock: model.at(queue * size + TAKE_LOCK),
    capacity: 4,
  });
  const put = (queue: number): Op => ({
    begin: (_, frame) => void (frame.b = 1),
    step: (model, frame) => machines.ringPut(ring(model, queue), frame, () => DONE),
  });
  const copy: CopyStep = (_, frame) => {
    frame.b = 1;
    return DONE;
  };
  const take: Op = { step: (model, frame) => machines.ringTake(ring(model, 1), frame, copy) };
  // Takes without waiting, as `tryTake` does.
  const tryTake = (queue: number, failed: number): Op => ({
    step(model, frame) {
      const own = ring(model, queue);
      const outcome = machines.ringTake(own, frame, copy);
      if (outcome !== WAIT || frame.where !== own.positions) return outcome;
      frame.giveUp = true;
      return CONTINUE;
    },
    end: (_, { result }) => result === Result.GAVE_UP ? failed : -1,
  });
  const waiter = (queue: number): Op[] => [
    {
      mayQuit: true,
      step: (model, frame) => machines.ringReady(ring(model, queue), frame),
      end: (_, { result }) => result === Result.OK ? 1 : -1,
    },
    { step: (model, frame) => machines.ringPassOn(ring(model, queue), frame) },
    // The order is free: `select` starts at any queue.
    tryTake(0, 3),
    tryTake(1, 0),
  ];
  const scripts = puts.map((count, queue) => Array.from({ length: count }, () => put(queue)));
  if (closes) scripts[0].push({ step: (model, frame) => machines.ringClose(ring(model, 0), frame) });
  const first = scripts.length + 1;
  scripts.push(waiter(0), waiter(1), ...Array.from({ length: consumers }, () => [take]));
  return {
    name: `select: puts ${puts}, consumers ${consumers}, closes ${closes}, deaths ${deaths}, quits ${quits}`,
    words: 2 * size,
    ghosts: 1,
    scripts,
    deaths,
    quits,
    wordsMove: true,
    maySleep(world, thread) {
      const queue = thread === first ? 0 : 1;
      const [head, tail] = world.model.state.slice(queue * size);
      return thread >= first && head >>> 1 === tail >>> 1 && (tail & 1) === 0;
    },
  };
}
