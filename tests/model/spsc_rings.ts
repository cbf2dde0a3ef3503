/**
 * Programs of the ring with one writer and one reader, in a memory so small that it is used again and again.
 *
 * @module
 */
import { FREED } from "../../lib/shared/steps/spsc_ring.ts";
import { ALL, DONE, end, type Frame, jump, type Outcome, Result, sleep } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Op, Program, World } from "./world.ts";

// Behind the units of the ring come two more parts: PUBLISHED, the number of published records, and OFFSETS, where each of
// them lies, or 0 if it had no room and came another way.
const ghosts = { END: 0, WRITTEN: 1, READ: 2 } as const;

/**
 * One thread writes records of these sizes, the other reads them in order. A record that does not fit goes another way. The
 * reader checks that each record is as it was written, whatever the writer has written since.
 */
export function spscRingProgram({ spscBegin, spscWrap }: Machines, { units = 5, sizes }: {
  units?: number;
  sizes: number[];
}): Program {
  const PUBLISHED = units, OFFSETS = units + 1;
  const write: Op = {
    begin(world, frame) {
      frame.a = world.ghost(ghosts.END);
      frame.d = units;
      frame.e = 0;
    },
    step(model, frame): Outcome {
      const words = model.at(0);
      const record = words.load(PUBLISHED);
      const size = sizes[record];
      switch (frame.stage) {
        case 0: {
          const outcome = spscBegin(words, frame);
          if (outcome === DONE) frame.stage = frame.c - frame.b < size ? 1 : 2;
          return jump(frame, outcome === DONE ? 0 : frame.pc);
        }
        case 1:
          spscWrap(words, frame);
          frame.stage = frame.result !== Result.OK || frame.c - frame.b < size ? 4 : 2;
          if (frame.stage === 4) frame.b = 0;
          return jump(frame, 0);
        case 2:
          words.store(frame.b + frame.e++, record + 1);
          if (frame.e < size) return jump(frame, 0);
          frame.a = frame.b + size;
          frame.stage = 4;
          return jump(frame, 0);
        case 4:
          words.store(OFFSETS + record, frame.b);
          frame.stage = 5;
          return jump(frame, 0);
        case 5:
          words.store(PUBLISHED, record + 1);
          frame.stage = 6;
          return jump(frame, 0);
        default:
          words.notify(PUBLISHED, ALL);
          return end(frame, Result.OK);
      }
    },
    end(world, { a }) {
      world.setGhost(ghosts.END, a);
      world.setGhost(ghosts.WRITTEN, world.ghost(ghosts.WRITTEN) + 1);
      return world.ghost(ghosts.WRITTEN) < sizes.length ? 0 : -1;
    },
  };
  const read: Op = {
    begin(world, frame) {
      frame.a = world.ghost(ghosts.READ);
      frame.c = 0;
      frame.d = 0;
    },
    step(model, frame): Outcome {
      const words = model.at(0);
      switch (frame.pc) {
        case 0:
          frame.seen = words.load(PUBLISHED);
          return frame.seen > frame.a ? jump(frame, 2) : jump(frame, 1);
        case 1:
          return sleep(words, frame, PUBLISHED, frame.a, 0);
        case 2:
          frame.b = words.load(OFFSETS + frame.a);
          return frame.b === 0 ? end(frame, Result.OK) : jump(frame, 3);
        case 3:
          if (words.load(frame.b + frame.c++) !== frame.a + 1) frame.d = 1;
          return frame.c < sizes[frame.a] ? jump(frame, 3) : jump(frame, 4);
        default:
          words.store(FREED, frame.b + frame.c);
          return end(frame, Result.OK);
      }
    },
    end(world: World, { a, d }: Frame) {
      world.check(d === 0, `record ${a} was written over before it was read`);
      world.setGhost(ghosts.READ, a + 1);
      return a + 1 < sizes.length ? 0 : -1;
    },
  };
  return {
    name: `ring with one writer and one reader: ${units} units, records of ${sizes.join(" ")}`,
    words: OFFSETS + sizes.length,
    ghosts: 3,
    scripts: [[write], [read]],
    atEnd(world) {
      world.check(
        world.ghost(ghosts.READ) === sizes.length,
        `${world.ghost(ghosts.READ)} of ${sizes.length} were read`,
      );
    },
  };
}
