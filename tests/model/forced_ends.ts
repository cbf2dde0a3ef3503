/**
 * Programs of the forced end: a host stops the worker of a call that ignores its signal, while the worker goes on. What
 * production does is in `lib/scheduler/pending_stops.ts` and `Slot.checkLiveness`; `tests/scheduler/forced_end_test.ts`
 * runs those in every order, too.
 *
 * ```
 * host:    take back the queued calls, the last first -> check whether the culprit still runs -> kill
 * worker:  claim the next call -> run it -> mark it as ended -> claim the next call ...
 * ```
 *
 * @module
 */
import { CallState } from "../../lib/shared/steps/call.ts";
import { CONTINUE, end, jump, type Outcome, Result, sleep } from "../../lib/shared/steps/step.ts";
import type { Op, Program, World } from "./world.ts";
import type { Machines } from "./machines.ts";

/** Calls at the worker: the culprit, and the innocent ones behind it. One more may be given while the host stops it. */
const CALLS = 4;
/** The number of the call that is stopped. */
const CULPRIT = 0;
const KILLED = CALLS + 1, TAIL = CALLS + 2, WORDS = CALLS + 3;
const ENDED = 10;
// Ghosts: the worker's next call; the sets of calls that have started and that the host has taken back.
const CURSOR = 0, STARTED = 1, TAKEN = 2, GHOSTS = 3;

/** The steps of a host that stops a worker, each of which a mutant can leave out or exchange. */
export type HostStep = "take back" | "check" | "give" | "kill";

/** Production's order. */
export const ORDER: readonly HostStep[] = ["take back", "check", "kill"];

/** Options of {@linkcode forcedEndProgram}. */
export interface ForcedEndOptions {
  /**
   * `"runs"`: the culprit ends at some moment, or never. `"left"`: it has ended, and code that it left behind blocks the
   * worker for a while (the liveness check).
   */
  culprit: "runs" | "left";
  order?: readonly HostStep[];
}

/** One host stops one worker. A call is lost if it has started, has not ended, and is not the culprit, at the kill. */
export function forcedEndProgram(machines: Machines, { culprit, order = ORDER }: ForcedEndOptions): Program {
  const { claimCall } = machines;
  const isBlocked = culprit === "left";
  const isInnocent = (call: number) => isBlocked || call !== CULPRIT;
  const isKilled = (state: number[]) => state[KILLED] === 1;

  const takeBack: Op[] = Array.from({ length: CALLS }, (_, i) => CALLS - 1 - i).filter(isInnocent).map((call) => ({
    step(model, frame) {
      return end(frame, claimCall(model.at(0), call, 0, CallState.WITHDRAWN) ? Result.OK : Result.FULL);
    },
    end(world, { result }) {
      if (result !== Result.OK) return;
      world.setGhost(TAKEN, world.ghost(TAKEN) | 1 << call);
      checkOnce(world);
    },
  }));
  // Ends the host's script if no force is needed. A worker that is only blocked is killed if no call is left at it.
  const check: Op = {
    step(model, frame) {
      if (isBlocked) return end(frame, Result.OK);
      return end(frame, model.at(0).load(CULPRIT) === CallState.RUNNING ? Result.OK : Result.FULL);
    },
    end(world, { result }) {
      const leftAtWorker = world.ghost(TAKEN) !== (1 << CALLS) - 1;
      if (result !== Result.OK || (isBlocked && leftAtWorker)) return -1;
    },
  };
  const give: Op = {
    step(model, frame) {
      const words = model.at(0);
      if (frame.pc === 0) {
        words.store(CALLS, CallState.QUEUED);
        return jump(frame, 1);
      }
      if (frame.pc === 1) {
        words.store(TAIL, CALLS + 1);
        return jump(frame, 2);
      }
      words.notify(TAIL, 1);
      return end(frame, Result.OK);
    },
  };
  const kill: Op = {
    step(model, frame): Outcome {
      const words = model.at(0);
      if (frame.pc === 0) {
        words.store(KILLED, 1);
        for (let call = 0; call <= CALLS; call++) {
          frame.a |= isInnocent(call) && model.state[call] === CallState.RUNNING ? 1 << call : 0;
        }
        return jump(frame, 1);
      }
      words.notify(KILLED, 1);
      return end(frame, Result.OK);
    },
    end: (world, { a: lost }) => world.check(lost === 0, `calls ${lost.toString(2)} are lost with the worker`),
  };
  const steps: Record<HostStep, Op[]> = { "take back": takeBack, check: [check], give: [give], kill: [kill] };

  const serve: Op = {
    mayQuit: true,
    begin(world, frame) {
      frame.c = world.ghost(CURSOR);
      // The culprit runs when its stop begins.
      if (!isInnocent(frame.c)) frame.pc = 2;
    },
    // The thread does nothing more once it is killed: no step of it comes after that of the host.
    step(model, frame): Outcome {
      const words = model.at(0);
      if (isKilled(model.state)) return end(frame, Result.GAVE_UP);
      switch (frame.pc) {
        case 0:
          if (words.load(TAIL) > frame.c) return jump(frame, 1);
          return sleep(words, frame, TAIL, frame.c, 0);
        case 1:
          if (claimCall(words, frame.c, 0, CallState.RUNNING)) return jump(frame, 2);
          return end(frame, Result.FULL);
        case 2:
          if (!isInnocent(frame.c) && !frame.giveUp) return sleep(words, frame, KILLED, 0, 2);
          frame.a = 1;
          words.store(frame.c, ENDED);
          return end(frame, Result.OK);
        default:
          return CONTINUE;
      }
    },
    end(world, { result, c: call, a: hasRun }) {
      if (result === Result.GAVE_UP) return -1;
      if (hasRun) world.setGhost(STARTED, world.ghost(STARTED) | 1 << call);
      checkOnce(world);
      world.setGhost(CURSOR, call + 1);
      return 0;
    },
  };

  return {
    name: `forced end: the culprit ${isBlocked ? "has left code behind" : "runs"}, ${order.join(", ")}`,
    words: WORDS,
    ghosts: GHOSTS,
    init(words) {
      for (let call = 0; call < CALLS; call++) words.store(call, CallState.QUEUED);
      if (!isBlocked) words.store(CULPRIT, CallState.RUNNING);
      words.store(TAIL, CALLS);
    },
    quits: isBlocked ? 0 : 1,
    scripts: [order.flatMap((step) => steps[step]), [serve]],
    // A worker that was not killed waits for more calls.
    maySleep: (world, thread) => thread === 2 && world.ghost(CURSOR) === world.model.state[TAIL],
    wordsMove: true,
    atEnd(world) {
      const { state } = world.model;
      world.check(isKilled(state) || state[CULPRIT] !== CallState.RUNNING, "the culprit runs for ever");
      for (let call = 0; call < state[TAIL]; call++) {
        // The death of the worker puts back what is still queued.
        const goesOn = [ENDED, CallState.WITHDRAWN].includes(state[call]) ||
          (isKilled(state) && state[call] === CallState.QUEUED);
        world.check(!isInnocent(call) || goesOn, `call ${call} neither ends nor goes to another worker`);
      }
    },
  };
}

function checkOnce(world: World): void {
  const twice = world.ghost(STARTED) & world.ghost(TAKEN);
  world.check(twice === 0, `calls ${twice.toString(2)} run at two workers`);
}
