/**
 * Programs of the queue: the ring with the log of its pages and the hands of its consumers for a cargo, and closing.
 *
 * @module
 */
import { DeliveryStage, type DeliveryWords, sizeOf } from "../../lib/queue/steps/deliveries.ts";
import { type LogWords, Word as Log } from "../../lib/queue/steps/paged_log.ts";
import { type CopyStep, RING_WORDS, type RingWords } from "../../lib/shared/steps/mpmc_ring.ts";
import { DONE, Frame, jump, OwnerStatus, Result } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Model, Op, Program, World } from "./world.ts";

// The layout of production, with smaller tables.
const PUT_LOCK = RING_WORDS, TAKE_LOCK = PUT_LOCK + 1, HEAD = 0, TAIL = 1, LOST = 12;
const TABLE = 14, TABLE_PAGES = 4, HANDS = TABLE + TABLE_PAGES, MOST_PLACES = 8, SLOTS = 2;
const LIST = HANDS + MOST_PLACES * sizeOf({ slots: SLOTS }), LISTED = 4, DATA = LIST + LISTED;
const CHECK = 100;
// Ghosts, by ticket: who was given the item, and whether it said that it is done.
const GIVEN = 0, FINISHED = 8, LAST = 16;

/** What is explored: producers, then consumers, then who looks for lost items. */
export interface QueueShape {
  /** Units of each message, by producer. */
  puts: number[][];
  /** How many each consumer takes. */
  takes: number[];
  capacity?: number;
  /** Pages that there may be, and units of one as a power of two. */
  pages?: number;
  shift?: number;
  closes?: boolean;
  /** Whether consumers keep what they take until they say of each that it is done, as those of a `JoinableQueue`. */
  keeps?: boolean;
  /** How often somebody looks for what was lost. */
  looks?: number;
  /** The last consumer is born with the place of the first, if that one is dead. */
  reborn?: boolean;
  deaths?: number;
  quits?: number;
}

const ringOf = (model: Model, { capacity = 4 }: QueueShape): RingWords => ({
  positions: model.at(0),
  putLock: model.at(PUT_LOCK),
  takeLock: model.at(TAKE_LOCK),
  capacity,
});

const logOf = (model: Model, { pages = TABLE_PAGES, shift = 0 }: QueueShape): LogWords => ({
  words: model.at(0),
  table: TABLE,
  pages,
  shift,
});

const handsOf = (model: Model, { reborn }: QueueShape): DeliveryWords => ({
  words: model.at(0),
  first: HANDS,
  places: reborn ? 2 : MOST_PLACES,
  slots: SLOTS,
  list: LIST,
  listed: LISTED,
});

// Where a unit of a record is. The table is read together with the unit: that this page stays is what is proved.
function unitAt(model: Model, log: LogWords, position: number): number {
  const page = model.state[log.table + ((position >>> log.shift) & (log.pages - 1))];
  return DATA + (page << log.shift) + (position & ((1 << log.shift) - 1));
}

function putOp({ logWrite, ringPut }: Machines, message: number, units: number, shape: QueueShape): Op {
  const cargo = (model: Model): CopyStep => (_, frame) => {
    const log = logOf(model, shape);
    const copy = ({ d }: Frame, part: number) => {
      model.at(0).store(unitAt(model, log, d + part), message + part * CHECK);
      return part + 1 < units;
    };
    return logWrite(log, frame, frame.a >>> 1, units, () => {}, copy);
  };
  return {
    mayQuit: true,
    begin: (_, frame) => void (frame.b = 1),
    step: (model, frame) => ringPut(ringOf(model, shape), frame, cargo(model)),
    end: (_, { result }) => result === Result.OK ? undefined : -1,
  };
}

function takeOp({ logRead, handsTake, ringTake }: Machines, shape: QueueShape, next?: number): Op {
  const sizes = [0, ...shape.puts.flat()];
  const cargo = (model: Model): CopyStep => (_, frame) => {
    const ticket = frame.a >>> 1;
    if (frame.pc >= DeliveryStage.UNDO) return handsTake(handsOf(model, shape), frame, ticket);
    const log = logOf(model, shape);
    // The message is remembered where the machines keep nothing by now.
    const copy = ({ d }: Frame, part: number) => {
      const word = model.at(0).load(unitAt(model, log, d + part));
      if (part === 0) frame.c = word;
      else if (word !== frame.c + part * CHECK) frame.c = -1;
      frame.b = sizes[frame.c] ?? 1;
      return part + 1 < frame.b;
    };
    return logRead(log, frame, ticket, copy, DeliveryStage.UNDO);
  };
  return {
    mayQuit: true,
    step: (model, frame) => ringTake(ringOf(model, shape), frame, cargo(model)),
    end(world, { result, a, c: message }) {
      if (result !== Result.OK) return -1;
      const ticket = a >>> 1;
      world.check(message > 0 && message < sizes.length, "a record is torn");
      world.check(world.ghost(GIVEN + ticket) === 0, `item ${ticket} arrived twice`);
      world.setGhost(GIVEN + ticket, world.me);
      // Messages have numbers in the order of their producers.
      const from = shape.puts[0].length;
      const last = world.ghost(LAST + world.me);
      world.check(last <= from !== message <= from || last < message, "messages of a producer changed places");
      world.setGhost(LAST + world.me, message);
      return next;
    },
  };
}

// Says that one or all of the items in the hands are done.
function doneOp({ releaseOne, releaseAll }: Machines, shape: QueueShape): Op {
  return {
    step: (model, frame) => (shape.keeps ? releaseOne : releaseAll)(handsOf(model, shape), frame),
    end(world) {
      for (let ticket = 0; ticket < FINISHED; ticket++) {
        if (world.ghost(GIVEN + ticket) !== world.me || world.ghost(FINISHED + ticket) === 1) continue;
        world.setGhost(FINISHED + ticket, 1);
        if (shape.keeps) break;
      }
    },
  };
}

function lookOps({ acquire, release, handsCollect }: Machines, shape: QueueShape): Op[] {
  return [
    {
      begin: (_, frame) => void (frame.recover = true),
      step: (model, frame) => acquire(model.at(TAKE_LOCK), frame),
    },
    {
      step(model, frame) {
        if (frame.pc !== 0) return handsCollect(handsOf(model, shape), frame, frame.a >>> 1);
        frame.a = model.at(0).load(HEAD);
        return jump(frame, DeliveryStage.UNDO);
      },
    },
    { step: (model, frame) => release(model.at(TAKE_LOCK), frame) },
  ];
}

// At the end: what every ticket has come to, after a last look for what was lost.
function checkTickets(world: World, shape: QueueShape, machines: Machines): void {
  const { state } = world.model;
  const frame = new Frame();
  frame.pc = DeliveryStage.UNDO;
  const next = state[HEAD] >>> 1;
  while (machines.handsCollect(handsOf(world.model, shape), frame, next) !== DONE);
  const names = state.slice(LIST, LIST + state[LOST]);
  let inHands = 0;
  for (let ticket = 0; ticket < next; ticket++) {
    const named = names.filter((name) => name === ticket).length;
    const taker = world.ghost(GIVEN + ticket);
    const finished = world.ghost(FINISHED + ticket) === 1;
    const isLost = taker === 0 || (!finished && world.dead(taker));
    world.check(named <= 1, `lost item ${ticket} is named ${named} times`);
    // Of more than are kept in the hands of one thread, only the last have names.
    if (names.every((name) => name >= 0)) world.check(named === (isLost ? 1 : 0), `item ${ticket}: lost is ${isLost}`);
    else world.check(named === 0 || isLost, `item ${ticket} is named, and not lost`);
    if (!isLost && !finished) inHands++;
  }
  world.check(names.every((name) => name < next), "an item is named that nobody took");
  const done = machines.doneCount(handsOf(world.model, shape));
  world.check(next - done === inHands, `${next - done} items count as unfinished, ${inHands} are in hands`);
}

// FIRST ... LAST name PAGES different pages, and so does TABLE at LAST if one is in neither.
function checkPages(world: World, mask: number): void {
  const { state } = world.model;
  const names = Array.from(
    { length: state[Log.PAGES] },
    (_, i) => state[TABLE + ((state[Log.FIRST] + i) & (mask - 1))],
  );
  world.check(new Set(names).size === names.length, `pages ${names} are in use`);
}

/** Producers and consumers of a queue, with the pages and the hands of production. */
export function queueProgram(machines: Machines, shape: QueueShape): Program {
  const { puts, takes, capacity = 4, pages = TABLE_PAGES, shift = 0, closes, keeps, looks = 0, deaths = 1 } = shape;
  let message = 0;
  const scripts: Op[][] = puts.map((sizes) => sizes.map((units) => putOp(machines, ++message, units, shape)));
  if (closes) scripts[0].push({ step: (model, frame) => machines.ringClose(ringOf(model, shape), frame) });
  const consumers = takes.map((count): Op[] => {
    const take = Array.from({ length: count }, () => takeOp(machines, shape));
    return keeps ? [...take, doneOp(machines, shape)] : take.flatMap((op) => [op, doneOp(machines, shape)]);
  });
  if (shape.reborn) {
    // Threads 1 and 3 have one place.
    scripts.unshift(consumers[0]);
    const born: Op = {
      step(model, frame) {
        frame.result = model.at(0).ownerStatus(1);
        return DONE;
      },
      end: (_, { result }) => result === OwnerStatus.GONE ? undefined : -1,
    };
    scripts.push([born, ...consumers[1]]);
  } else scripts.push(...consumers);
  for (let look = 0; look < looks; look++) scripts.push(lookOps(machines, shape));
  const producers = shape.reborn ? [2] : puts.map((_, t) => t + 1);
  return {
    name: `queue: ${Object.entries({ deaths, ...shape }).map(([key, value]) => `${key} ${JSON.stringify(value)}`)}`,
    words: DATA + (pages << shift),
    ghosts: LAST + 1 + scripts.length,
    scripts,
    deaths,
    quits: shape.quits,
    // A consumer that slept through a record which another one took sleeps rightly.
    wordsMove: true,
    maySleep(world, thread) {
      const [head, tail] = world.model.state;
      const used = (tail >>> 1) - (head >>> 1);
      if (!producers.includes(thread)) return used === 0 && (tail & 1) === 0;
      // Either there are too many records, or too few pages: never when all has been read.
      return (tail & 1) === 0 && (used === capacity || (used > 0 && isFull(world.model, shape)));
    },
    // What a table holds before it names anything is of no meaning.
    init(words) {
      for (let at = 0; at < TABLE_PAGES; at++) words.store(TABLE + at, 1);
    },
    atEnd(world) {
      checkTickets(world, shape, machines);
      checkPages(world, pages);
    },
  };
}

// Whether a further page would be needed, and there is none.
function isFull(model: Model, shape: QueueShape): boolean {
  const { pages, shift } = logOf(model, shape);
  const { state } = model;
  const most = Math.max(...shape.puts.flat());
  const put = state[Log.PUT + ((state[TAIL] >>> 1) & 1)], took = state[Log.TAKE + ((state[HEAD] >>> 1) & 1)];
  return ((put + most - 1) >>> shift) - (took >>> shift) >= pages;
}
