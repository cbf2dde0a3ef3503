/**
 * Programs of the barrier for the explorer (explorer.ts). Ghosts are values that only the checks use (world.ts).
 *
 * @module
 */
import { Stage } from "../../lib/shared/steps/barrier.ts";
import { barrierWords, initBarrier } from "../../lib/shared/steps/barrier_words.ts";
import { Result } from "../../lib/shared/steps/step.ts";
import type { Op, Program, World } from "./world.ts";
import type { Machines } from "./machines.ts";

// Number of ghosts for each round.
const GHOSTS = 5;

/**
 * Parties that wait for each other `rounds` times. Ghosts, for each round: whether a party passed, whether a party found the
 * barrier broken, how many parties were the first, how many began to wait, whether a party began after another was gone.
 */
export function barrierProgram(
  machines: Machines,
  { parties = 3, rounds = 2, deaths = 1, quits = 1, losses = 0 },
): Program {
  const threads = Array.from({ length: parties }, (_, t) => t + 1);
  const waitOp = (round: number): Op => ({
    mayQuit: true,
    begin(world, frame) {
      frame.b = parties;
      world.setGhost(round * GHOSTS + 3, world.ghost(round * GHOSTS + 3) + 1);
      if (threads.some((thread) => world.gone(thread))) world.setGhost(round * GHOSTS + 4, 1);
    },
    step: (model, frame) => machines.barrierWait(model.at(0), frame),
    end(world, { result, stage, a }) {
      const [passed, broken, first, begun, late] = [0, 1, 2, 3, 4].map((ghost) => round * GHOSTS + ghost);
      if (result !== Result.OK) {
        // A party that gives up breaks its generation, wherever it was.
        if (result === Result.BROKEN || result === Result.GAVE_UP || stage === Stage.BREAK) world.setGhost(broken, 1);
        return -1;
      }
      world.check(world.ghost(begun) === parties, `${world.me} passed before all had arrived`);
      world.check(world.ghost(late) === 0, `${world.me} passed with a party that was gone before another one began`);
      world.setGhost(passed, 1);
      if (a === 0) world.setGhost(first, world.ghost(first) + 1);
      world.check(world.ghost(first) <= 1, "two were the first");
    },
  });
  const script = Array.from({ length: rounds }, (_, round) => waitOp(round));
  return {
    name: `barrier: ${parties} parties x ${rounds}, deaths ${deaths}, quits ${quits}, losses ${losses}`,
    words: barrierWords(parties),
    ghosts: rounds * GHOSTS,
    init: initBarrier,
    scripts: Array.from({ length: parties }, () => script),
    deaths,
    quits,
    losses,
    // A party may sleep if another one will never arrive, and died where the barrier cannot see it. One that gives up
    // does not leave the others asleep.
    maySleep: (world) => !visiblyDead(world) && threads.some((thread) => world.dead(thread)),
    atEnd(world) {
      for (let round = 0; round < rounds; round++) {
        const both = world.ghost(round * GHOSTS) === 1 && world.ghost(round * GHOSTS + 1) === 1;
        world.check(!both, `round ${round} was passed and broken`);
      }
    },
  };
}

// Whether a dead thread is among those that have arrived, or holds the barrier's lock.
function visiblyDead(world: World): boolean {
  const [lock, , count] = world.model.state;
  return [...world.model.state.slice(4, 4 + count), lock >>> 1].some((owner) => owner !== 0 && world.dead(owner));
}

/** Two parties wait, a third thread resets or aborts: no party passes alone, unless the other has died. */
export function brokenBarrierProgram(machines: Machines, { by = "reset" as "reset" | "abort", deaths = 0 }): Program {
  const waitOp: Op = {
    begin: (_, frame) => void (frame.b = 2),
    step: (model, frame) => machines.barrierWait(model.at(0), frame),
    end(world, { result }) {
      world.setGhost(result === Result.OK ? 0 : 1, world.ghost(result === Result.OK ? 0 : 1) + 1);
    },
  };
  const breaks: Op = { step: (model, frame) => machines[by](model.at(0), frame) };
  return {
    name: `barrier: ${by}, deaths ${deaths}`,
    words: barrierWords(2),
    ghosts: 2,
    init: initBarrier,
    scripts: [[waitOp], [waitOp], [breaks]],
    deaths,
    // After a reset the second party may be alone in its generation; and the other may have died before it arrived.
    maySleep: (world) => !visiblyDead(world) && world.ghost(0) === 0 && (world.ghost(1) === 1 || deaths > 0),
    atEnd(world) {
      const died = world.dead(1) || world.dead(2);
      world.check(world.ghost(0) !== 1 || died, "one passed alone");
      world.check(
        by === "reset" || world.ghost(0) === 2 || (world.model.state[1] & 1) === 1 || died || world.dead(3),
        "the barrier is whole after an abort",
      );
    },
  };
}
