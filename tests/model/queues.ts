/**
 * Programs of the queue: the ring whose copy steps are the paged log and the deliveries to consumers, and closing.
 *
 * @module
 */
import { DeliveryStage } from "../../lib/queue/steps/deliveries.ts";
import { type LogWords, Word as Log } from "../../lib/queue/steps/paged_log.ts";
import type { CopyStep } from "../../lib/shared/steps/mpmc_ring.ts";
import { DONE, type Frame, jump, OwnerStatus, Result } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import { checkPages, checkTickets } from "./queue_checks.ts";
import {
  ACKNOWLEDGED,
  DATA,
  DELIVERED,
  deliveriesOf,
  HEAD,
  LAST,
  logOf,
  type QueueShape,
  ringOf,
  TABLE,
  TABLE_PAGES,
  TAIL,
  TAKE_LOCK,
} from "./queue_memory.ts";
import type { Model, Op, Program } from "./world.ts";

/** Unit `part` of message `m` holds `m + part * CHECK`, so that a torn or mixed record is seen. */
const CHECK = 100;

// Returns the index of a unit of a record. It reads the table together with the unit: the program proves that this page stays.
function unitAt(model: Model, log: LogWords, position: number): number {
  const page = model.state[log.table + ((position >>> log.shift) & (log.pages - 1))];
  return DATA + (page << log.shift) + (position & ((1 << log.shift) - 1));
}

function putOp({ logWrite, ringPut }: Machines, message: number, units: number, shape: QueueShape): Op {
  const copyRecord = (model: Model): CopyStep => (_, frame) => {
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
    step: (model, frame) => ringPut(ringOf(model, shape), frame, copyRecord(model)),
    end(world, { result }) {
      world.check(result !== Result.CORRUPT, "a put finds the memory corrupt");
      return result === Result.OK ? undefined : -1;
    },
  };
}

function takeOp({ logRead, deliveriesTake, ringTake }: Machines, shape: QueueShape, next?: number): Op {
  const sizes = [0, ...shape.puts.flat()];
  const copyRecord = (model: Model): CopyStep => (_, frame) => {
    const ticket = frame.a >>> 1;
    if (frame.pc >= DeliveryStage.UNDO) return deliveriesTake(deliveriesOf(model, shape), frame, ticket);
    const log = logOf(model, shape);
    // The machines do not use `c` any more at this point.
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
    step: (model, frame) => ringTake(ringOf(model, shape), frame, copyRecord(model)),
    end(world, { result, a, c: message }) {
      world.check(result !== Result.CORRUPT, "a take finds the memory corrupt");
      if (result !== Result.OK) return -1;
      const ticket = a >>> 1;
      world.check(message > 0 && message < sizes.length, "a record is torn");
      world.check(world.ghost(DELIVERED + ticket) === 0, `item ${ticket} arrived twice`);
      world.setGhost(DELIVERED + ticket, world.me);
      // The messages of the first producer have the lower numbers.
      const count = shape.puts[0].length;
      const last = world.ghost(LAST + world.me);
      world.check(last <= count !== message <= count || last < message, "messages of a producer changed places");
      world.setGhost(LAST + world.me, message);
      return next;
    },
  };
}

// Acknowledges one item or all items that were delivered to this thread.
function acknowledgeOp({ releaseOne, releaseAll }: Machines, shape: QueueShape): Op {
  return {
    step: (model, frame) => (shape.acknowledges ? releaseOne : releaseAll)(deliveriesOf(model, shape), frame),
    end(world) {
      for (let ticket = 0; ticket < ACKNOWLEDGED; ticket++) {
        if (world.ghost(DELIVERED + ticket) !== world.me || world.ghost(ACKNOWLEDGED + ticket) === 1) continue;
        world.setGhost(ACKNOWLEDGED + ticket, 1);
        if (shape.acknowledges) break;
      }
    },
  };
}

function collectOps({ acquire, release, deliveriesCollect }: Machines, shape: QueueShape): Op[] {
  return [
    {
      begin: (_, frame) => void (frame.recover = true),
      step: (model, frame) => acquire(model.at(TAKE_LOCK), frame),
    },
    {
      step(model, frame) {
        if (frame.pc !== 0) return deliveriesCollect(deliveriesOf(model, shape), frame, frame.a >>> 1);
        frame.a = model.at(0).load(HEAD);
        return jump(frame, DeliveryStage.UNDO);
      },
    },
    { step: (model, frame) => release(model.at(TAKE_LOCK), frame) },
  ];
}

/** Producers and consumers of a queue, with the paged log and the deliveries of lib/queue. */
export function queueProgram(machines: Machines, shape: QueueShape): Program {
  const { puts, takes, capacity = 4, pages = TABLE_PAGES, shift = 0, closes, acknowledges, collects = 0, deaths = 1 } =
    shape;
  let message = 0;
  const scripts: Op[][] = puts.map((sizes) => sizes.map((units) => putOp(machines, ++message, units, shape)));
  if (closes) scripts[0].push({ step: (model, frame) => machines.ringClose(ringOf(model, shape), frame) });
  const consumers = takes.map((count): Op[] => {
    const take = Array.from({ length: count }, () => takeOp(machines, shape));
    return acknowledges
      ? [...take, acknowledgeOp(machines, shape)]
      : take.flatMap((op) => [op, acknowledgeOp(machines, shape)]);
  });
  if (shape.reusesRow) {
    // Threads 1 and 3 have the same row.
    scripts.unshift(consumers[0]);
    const waitsForRow: Op = {
      step(model, frame) {
        frame.result = model.at(0).ownerStatus(1);
        return DONE;
      },
      end: (_, { result }) => result === OwnerStatus.GONE ? undefined : -1,
    };
    scripts.push([waitsForRow, ...consumers[1]]);
  } else scripts.push(...consumers);
  for (let i = 0; i < collects; i++) scripts.push(collectOps(machines, shape));
  const producers = shape.reusesRow ? [2] : puts.map((_, t) => t + 1);
  return {
    name: `queue: ${Object.entries({ deaths, ...shape }).map(([key, value]) => `${key} ${JSON.stringify(value)}`)}`,
    words: DATA + (pages << shift),
    ghosts: LAST + 1 + scripts.length,
    scripts,
    deaths,
    quits: shape.quits,
    // A consumer may sleep on a TAIL that has moved, if another consumer took the record.
    wordsMove: true,
    maySleep(world, thread) {
      const [head, tail] = world.model.state;
      const used = (tail >>> 1) - (head >>> 1);
      if (!producers.includes(thread)) return used === 0 && (tail & 1) === 0;
      // A producer may sleep if the ring or the log is full, but not if all records have been read.
      return (tail & 1) === 0 && (used === capacity || (used > 0 && isFull(world.model, shape)));
    },
    // The first contents of the table have no meaning.
    init(words) {
      for (let at = 0; at < TABLE_PAGES; at++) words.store(TABLE + at, 1);
    },
    atEnd(world) {
      checkTickets(world, shape, machines);
      checkPages(world, pages);
    },
  };
}

// Whether the next record may need a further page, and there is none.
function isFull(model: Model, shape: QueueShape): boolean {
  const { pages, shift } = logOf(model, shape);
  const { state } = model;
  const max = Math.max(...shape.puts.flat());
  const put = state[Log.PUT + ((state[TAIL] >>> 1) & 1)], took = state[Log.TAKE + ((state[HEAD] >>> 1) & 1)];
  return ((put + max - 1) >>> shift) - (took >>> shift) >= pages;
}
