/**
 * The call table, the doorbell and the ring with one writer and one reader, with one mistake each; see mutants.ts.
 *
 * @module
 */
import { Park, Signal, SIGNALS, TAIL } from "../../lib/shared/steps/doorbell.ts";
import { Begin, FREED } from "../../lib/shared/steps/spsc_ring.ts";
import { end, jump, Result } from "../../lib/shared/steps/step.ts";
import { callsProgram } from "./calls.ts";
import { machines } from "./machines.ts";
import { at } from "./mutants.ts";
import { spscRingProgram } from "./spsc_rings.ts";
import type { Mutant } from "./prove.ts";

const { signal, park, isQueued, claimCall, spscBegin, spscWrap } = machines;

/** All of them. */
export const callMutants: Mutant[] = [
  {
    name: "a worker that reads SIGNALS after it has checked TAIL",
    machines: {
      park: at(at(park, Park.LOAD_SIGNALS, (_, frame) => jump(frame, Park.CHECK_TAIL)), Park.SLEEP, (words, frame) => {
        frame.seen = words.load(SIGNALS);
        return park(words, frame);
      }),
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a host that signals before it publishes",
    machines: {
      signal: (words, frame) => {
        if (frame.a === 0) return signal(words, frame);
        if (frame.pc === Signal.STORE) return jump(frame, Signal.COUNT);
        if (frame.pc !== Signal.WAKE) return signal(words, frame);
        words.notify(SIGNALS, 3);
        return jump(frame, 9);
      },
    },
    program: (machines) => {
      const early = at(machines.signal, 9, (words, frame) => {
        words.store(TAIL, frame.b);
        return end(frame, Result.OK);
      });
      return callsProgram({ ...machines, signal: early }, { deaths: 0, quits: 0, posts: false });
    },
  },
  {
    name: "a worker that blocks although a message waits",
    machines: { park: at(park, Park.CHECK_POSTS, (_, frame) => jump(frame, Park.SLEEP)) },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a call that is taken without a comparison of its state",
    machines: {
      claimCall: (words, at, generation, to) => {
        words.store(at, generation | to);
        return true;
      },
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a call table without generations",
    machines: {
      isQueued: (words, at, generation) => isQueued(words, at, generation) || isQueued(words, at, 16),
      claimCall: (words, at, generation, to) => claimCall(words, at, 16, to) || claimCall(words, at, generation, to),
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a ring with one writer whose records may end at FREED",
    machines: {
      spscBegin: at(spscBegin, Begin.LOAD_FREED, (words, frame) => {
        const freed = words.load(FREED);
        const outcome = spscBegin(words, frame);
        if (freed > frame.a) frame.c++;
        return outcome;
      }),
    },
    program: (machines) => spscRingProgram(machines, { sizes: [2, 2, 1, 1, 2, 2] }),
  },
  {
    name: "a ring with one writer that wraps without a check of FREED",
    machines: {
      spscWrap: (words, frame) => {
        spscWrap(words, frame);
        frame.b = 1;
        frame.c = frame.a - 1;
        return end(frame, Result.OK);
      },
    },
    program: (machines) => spscRingProgram(machines, { sizes: [2, 2, 1, 3, 1, 2, 2] }),
  },
  {
    name: "a ring with one writer that restarts while a record is in use",
    machines: {
      spscBegin: at(spscBegin, Begin.LOAD_FREED, (words, frame) => {
        return words.load(FREED) >= frame.a - 1 ? jump(frame, Begin.RESTART) : spscBegin(words, frame);
      }),
    },
    program: (machines) => spscRingProgram(machines, { sizes: [1, 1, 1, 1, 1, 1, 1] }),
  },
];
