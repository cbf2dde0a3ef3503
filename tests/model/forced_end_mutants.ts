/**
 * The forced end of a worker, with one mistake each; see mutants.ts.
 *
 * @module
 */
import { forcedEndProgram } from "./forced_ends.ts";
import type { Mutant } from "./prove.ts";

/** All of them. */
export const forcedEndMutants: Mutant[] = [
  {
    name: "a host that kills without taking back what is queued",
    machines: {},
    program: (machines) => forcedEndProgram(machines, { culprit: "runs", order: ["check", "kill"] }),
  },
  {
    name: "a host that checks the culprit before it takes back what is queued",
    machines: {},
    program: (machines) => forcedEndProgram(machines, { culprit: "runs", order: ["check", "take back", "kill"] }),
  },
  {
    name: "a host that kills without a check of the culprit",
    machines: {},
    program: (machines) => forcedEndProgram(machines, { culprit: "runs", order: ["take back", "kill"] }),
  },
  {
    name: "a host that gives a call to a worker that it is stopping",
    machines: {},
    program: (machines) =>
      forcedEndProgram(machines, { culprit: "runs", order: ["take back", "check", "give", "kill"] }),
  },
  {
    name: "a host that gives up a call that ignores its signal",
    machines: {},
    program: (machines) => forcedEndProgram(machines, { culprit: "runs", order: ["take back", "check"] }),
  },
  {
    name: "a host that takes calls back without a comparison of their states",
    machines: {
      claimCall: (words, at, generation, to) => {
        words.store(at, generation | to);
        return true;
      },
    },
    program: (machines) => forcedEndProgram(machines, { culprit: "runs" }),
  },
  {
    name: "a host that kills a blocked worker at which a call has started",
    machines: {},
    program: (machines) => forcedEndProgram(machines, { culprit: "left", order: ["take back", "kill"] }),
  },
];
