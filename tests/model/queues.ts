/**
 * Programs of the queue: the ring with the log of its pages and the hands of its consumers for a cargo, closing, and
 * `select`.
 *
 * @module
 */
import { collect, Hand, type HandsWords, Place, sizeOf } from "../../lib/queue/steps/hands.ts";
import { type LogWords, pageAt } from "../../lib/queue/steps/log.ts";
import { type Cargo, RING_WORDS, type RingWords } from "../../lib/shared/steps/ring.ts";
import { AGAIN, DONE, type Frame, go, type Outcome, Result, WAIT } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Model, Op, Program, World } from "./world.ts";

// The layout of production, with smaller tables.
const PUT_LOCK = RING_WORDS, TAKE_LOCK = PUT_LOCK + 1, TAIL = 1;
const FIRST = 8, LAST = 9, PAGES = 10, LOST = 12;
const TABLE = 14, TABLE_PAGES = 4, HANDS = TABLE + TABLE_PAGES, PLACES = 8, SLOTS = 2;
const LIST = HANDS + PLACES * sizeOf({ slots: SLOTS }), LISTED = 4, DATA = LIST + LISTED;
const CONTROL = DATA;
// A page has two units, a record its number and as much again.
const SHIFT = 1, CHECK = 100;
// Ghosts.
const TAKEN = 0, PUT = 1, SEEN = 2;

/** What is explored. */
export interface QueueShape {
  /** Units of each message, by producer. */
  puts: number[][];
  /** How many each consumer takes. */
  takes: number[];
  capacity?: number;
  /** Pages that there may be. */
  pages?: number;
  closes?: boolean;
  deaths?: number;
  quits?: number;
  /** Whether consumers keep what they take, as those of a `JoinableQueue` do until `taskDone`. */
  keeps?: boolean;
}

function ringOf(model: Model, base: number, capacity: number): RingWords {
  return {
    positions: model.at(base),
    putLock: model.at(base + PUT_LOCK),
    takeLock: model.at(base + TAKE_LOCK),
    capacity,
  };
}

const logOf = (model: Model): LogWords => ({ words: model.at(0), table: TABLE, pages: TABLE_PAGES, shift: SHIFT });

const handsOf = (model: Model): HandsWords => ({
  words: model.at(0),
  first: HANDS,
  places: PLACES,
  slots: SLOTS,
  list: LIST,
  listed: LISTED,
});

// Where a unit of a record is. The table is read together with the unit: only who holds the other lock changes it, and
// that this page stays is what is proved.
const unitAt = (model: Model, position: number): number => {
  const page = model.state[TABLE + ((position >>> SHIFT) & (TABLE_PAGES - 1))];
  return DATA + (page << SHIFT) + (position & ((1 << SHIFT) - 1));
};

function putOp({ logWrite, ringPut }: Machines, message: number, units: number, shape: QueueShape): Op {
  const cargo = (model: Model): Cargo => (_, frame) => {
    const grow = (pages: number) => {
      if (pages > (shape.pages ?? TABLE_PAGES)) frame.result = Result.FULL;
    };
    const copy = ({ d }: Frame, part: number) => {
      model.at(0).store(unitAt(model, d + part), message + part * CHECK);
      return part + 1 < units;
    };
    const outcome = logWrite(logOf(model), frame, frame.a >>> 1, units, grow, copy);
    // Memory that cannot grow is full: in production the limit is that of the table.
    return frame.result === Result.FULL ? DONE : outcome;
  };
  return {
    mayQuit: true,
    begin: (_, frame) => void (frame.b = 1),
    step: (model, frame) => ringPut(ringOf(model, 0, shape.capacity ?? 4), frame, cargo(model)),
    end(world, { result }) {
      if (result !== Result.OK) return -1;
      world.setGhost(PUT, world.ghost(PUT) | 1 << message);
    },
  };
}
