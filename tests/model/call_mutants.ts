/**
 * The way of calls to a worker with one mistake each; see mutants.ts.
 *
 * @module
 */
import { Park, Signal, SIGNALS, TAIL } from "../../lib/shared/steps/doorbell.ts";
import { Begin, FREED } from "../../lib/shared/steps/spsc_ring.ts";
import { end, jump, Result } from "../../lib/shared/steps/step.ts";
import { callsProgram } from "./calls.ts";
import { machines } from "./machines.ts";
import { at } from "./mutants.ts";
import { spoolProgram } from "./spsc_rings.ts";
import type { Mutant } from "./prove.ts";

const { ring, rest, isQueued, claimCall, spoolBegin, spoolWrap } = machines;

/** All of them. */
export const callMutants: Mutant[] = [
  {
    name: "a worker that reads the bell after it has looked",
    machines: {
      rest: at(at(rest, Park.START, (_, frame) => jump(frame, Park.LOOK)), Park.SLEEP, (words, frame) => {
        frame.seen = words.load(SIGNALS);
        return rest(words, frame);
      }),
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a host that rings before it announces",
    machines: {
      ring: (words, frame) => {
        if (frame.a === 0) return ring(words, frame);
        if (frame.pc === Signal.START) return jump(frame, Signal.COUNT);
        if (frame.pc !== Signal.WAKE) return ring(words, frame);
        words.notify(SIGNALS, 3);
        return jump(frame, 9);
      },
    },
    program: (machines) => {
      const early = at(machines.ring, 9, (words, frame) => {
        words.store(TAIL, frame.b);
        return end(frame, Result.OK);
      });
      return callsProgram({ ...machines, ring: early }, { deaths: 0, quits: 0, posts: false });
    },
  },
  {
    name: "a worker that blocks over a message",
    machines: { rest: at(rest, Park.POSTED, (_, frame) => jump(frame, Park.SLEEP)) },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a call that is taken without a comparison",
    machines: {
      claimCall: (words, at, lap, to) => {
        words.store(at, lap | to);
        return true;
      },
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a board without laps",
    machines: {
      isQueued: (words, at, lap) => isQueued(words, at, lap) || isQueued(words, at, 16),
      claimCall: (words, at, lap, to) => claimCall(words, at, 16, to) || claimCall(words, at, lap, to),
    },
    program: (machines) => callsProgram(machines, { deaths: 0, quits: 0 }),
  },
  {
    name: "a spool whose records may end where what is in use begins",
    machines: {
      spoolBegin: at(spoolBegin, Begin.START, (words, frame) => {
        const freed = words.load(FREED);
        const outcome = spoolBegin(words, frame);
        if (freed > frame.a) frame.c++;
        return outcome;
      }),
    },
    program: (machines) => spoolProgram(machines, { sizes: [2, 2, 1, 1, 2, 2] }),
  },
  {
    name: "a spool that wraps without a look at what is in use",
    machines: {
      spoolWrap: (words, frame) => {
        spoolWrap(words, frame);
        frame.b = 1;
        frame.c = frame.a - 1;
        return end(frame, Result.OK);
      },
    },
    program: (machines) => spoolProgram(machines, { sizes: [2, 2, 1, 3, 1, 2, 2] }),
  },
  {
    name: "a spool that begins anew while something is in use",
    machines: {
      spoolBegin: at(spoolBegin, Begin.START, (words, frame) => {
        return words.load(FREED) >= frame.a - 1 ? jump(frame, Begin.RESTART) : spoolBegin(words, frame);
      }),
    },
    program: (machines) => spoolProgram(machines, { sizes: [1, 1, 1, 1, 1, 1, 1] }),
  },
];
