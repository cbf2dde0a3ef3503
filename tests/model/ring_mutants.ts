/**
 * Mutants of the ring with many producers and many consumers: each has one mistake, which the explorer must find. See
 * mutants.ts.
 *
 * @module
 */
import { Stage } from "../../lib/shared/steps/mpmc_ring.ts";
import { CONTINUE, DONE, end, enter, Result } from "../../lib/shared/steps/step.ts";
import { machines } from "./machines.ts";
import { mpmcRingProgram } from "./mpmc_rings.ts";
import type { Mutant } from "./prove.ts";

const { ringPut, ringTake } = machines;

/** All mutants of the ring. */
export const ringMutants: Mutant[] = [
  {
    name: "a ring that moves its tail before the record is there",
    machines: {
      ringPut(ring, frame, copy) {
        if (frame.stage === Stage.CHECK && frame.pc === 1) {
          const outcome = ringPut(ring, frame, copy);
          const stage: number = frame.stage;
          return stage === Stage.COPY ? enter(frame, Stage.COMMIT) : outcome;
        }
        if (frame.stage === Stage.COMMIT) {
          ring.positions.compareExchange(1, frame.a, frame.a + frame.b * 2);
          return enter(frame, Stage.COPY);
        }
        if (frame.stage === Stage.COPY) {
          if (copy((frame.a >>> 1) & (ring.capacity - 1), frame) !== DONE) return CONTINUE;
          frame.e = Result.OK;
          return enter(frame, Stage.UNLOCK);
        }
        return ringPut(ring, frame, copy);
      },
    },
    program: (machines) => mpmcRingProgram(machines, { takes: [2], second: false, deaths: 0 }),
  },
  {
    name: "a ring whose consumers move the head without their lock",
    machines: {
      ringTake(ring, frame, copy) {
        if (frame.stage === Stage.LOCK) return enter(frame, Stage.CHECK);
        if (frame.stage !== Stage.UNLOCK) return ringTake(ring, frame, copy);
        if (frame.e === Result.OK) return enter(frame, Stage.WAKE);
        if (frame.e < 0) return enter(frame, Stage.SLEEP);
        frame.result = frame.e;
        return DONE;
      },
    },
    program: (machines) => mpmcRingProgram(machines, { takes: [1, 1], second: false, deaths: 0 }),
  },
  {
    name: "a ring whose consumers wake no producer",
    machines: {
      ringTake(ring, frame, copy) {
        if (frame.stage !== Stage.WAKE) return ringTake(ring, frame, copy);
        return end(frame, Result.OK);
      },
    },
    program: (machines) => mpmcRingProgram(machines, { takes: [3], deaths: 0 }),
  },
];
