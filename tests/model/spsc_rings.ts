/**
 * Programs of the ring with one writer and one reader, in a memory so small that it is reused all the time.
 *
 * @module
 */
import { FREED } from "../../lib/shared/steps/spsc_ring.ts";
import { ALL, DONE, end, type Frame, jump, type Outcome, Result, sleep } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Op, Program, World } from "./world.ts";

// Ghost variables, which only the checks see: the unit after the last record; how many records were written, and read.
const ghosts = { END: 0, WRITTEN: 1, READ: 2 } as const;

// Stages of the writer.
const Stage = { BEGIN: 0, WRAP: 1, WRITE_UNIT: 2, STORE_OFFSET: 3, PUBLISH: 4, NOTIFY: 5 } as const;
// Steps of the reader.
const Step = { LOAD_PUBLISHED: 0, SLEEP: 1, LOAD_OFFSET: 2, READ_UNIT: 3, FREE: 4 } as const;

/**
 * One thread writes records of these sizes, the other reads them in order. A record that does not fit goes another way. The
 * reader checks that each record is as it was written, whatever the writer has written since.
 */
export function spscRingProgram({ spscBegin, spscWrap }: Machines, { units = 5, sizes }: {
  units?: number;
  sizes: number[];
}): Program {
  // Words behind the units of the ring: the number of published records, and where each of them lies, or 0 if it had no room
  // and went another way.
  const PUBLISHED = units, OFFSETS = units + 1;
  const write: Op = {
    // a: the unit after the last record; d: the units of the ring; e: how many units of this record are written.
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
        case Stage.BEGIN: {
          const outcome = spscBegin(words, frame);
          if (outcome === DONE) frame.stage = frame.c - frame.b < size ? Stage.WRAP : Stage.WRITE_UNIT;
          return jump(frame, outcome === DONE ? 0 : frame.pc);
        }
        case Stage.WRAP: {
          spscWrap(words, frame);
          const hasRoom = frame.result === Result.OK && frame.c - frame.b >= size;
          frame.stage = hasRoom ? Stage.WRITE_UNIT : Stage.STORE_OFFSET;
          if (!hasRoom) frame.b = 0;
          return jump(frame, 0);
        }
        case Stage.WRITE_UNIT:
          words.store(frame.b + frame.e++, record + 1);
          if (frame.e < size) return jump(frame, 0);
          frame.a = frame.b + size;
          frame.stage = Stage.STORE_OFFSET;
          return jump(frame, 0);
        case Stage.STORE_OFFSET:
          words.store(OFFSETS + record, frame.b);
          frame.stage = Stage.PUBLISH;
          return jump(frame, 0);
        case Stage.PUBLISH:
          words.store(PUBLISHED, record + 1);
          frame.stage = Stage.NOTIFY;
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
    // a: number of the record; b: where it lies; c: how many of its units were read; d: 1 if one of them was wrong.
    begin(world, frame) {
      frame.a = world.ghost(ghosts.READ);
      frame.c = 0;
      frame.d = 0;
    },
    step(model, frame): Outcome {
      const words = model.at(0);
      switch (frame.pc) {
        case Step.LOAD_PUBLISHED:
          frame.seen = words.load(PUBLISHED);
          return jump(frame, frame.seen > frame.a ? Step.LOAD_OFFSET : Step.SLEEP);
        case Step.SLEEP:
          return sleep(words, frame, PUBLISHED, frame.a, Step.LOAD_PUBLISHED);
        case Step.LOAD_OFFSET:
          frame.b = words.load(OFFSETS + frame.a);
          return frame.b === 0 ? end(frame, Result.OK) : jump(frame, Step.READ_UNIT);
        case Step.READ_UNIT:
          if (words.load(frame.b + frame.c++) !== frame.a + 1) frame.d = 1;
          return jump(frame, frame.c < sizes[frame.a] ? Step.READ_UNIT : Step.FREE);
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
