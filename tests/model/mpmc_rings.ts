/**
 * Programs of the ring with many producers and many consumers.
 *
 * @module
 */
import { type CopyStep, RING_WORDS, type RingWords } from "../../lib/shared/steps/mpmc_ring.ts";
import { DONE, jump, Result } from "../../lib/shared/steps/step.ts";
import type { Model, Op, Program } from "./world.ts";
import type { Machines } from "./machines.ts";

const POSITIONS = 0, PUT_LOCK = RING_WORDS, TAKE_LOCK = PUT_LOCK + 1, DATA = TAKE_LOCK + 1;
// A record has two words, so that the check can see a torn record.
const UNITS = 2;
// The second word of a message is its first word and this.
const CHECK = 100;
// Ghosts: the sets of messages that were taken and put; of each thread, the message that it took last.
const TAKEN = 0, PUT = 1, SEEN = 2;

function ringOf(model: Model, capacity: number): RingWords {
  return { positions: model.at(POSITIONS), putLock: model.at(PUT_LOCK), takeLock: model.at(TAKE_LOCK), capacity };
}

function putOp({ ringPut }: Machines, message: number, capacity: number, mayQuit: boolean): Op {
  const copy = (model: Model): CopyStep => (at, frame) => {
    model.at(DATA).store(at + frame.pc, message + frame.pc * CHECK);
    return frame.pc === 0 ? jump(frame, 1) : DONE;
  };
  return {
    mayQuit,
    begin: (_, frame) => void (frame.b = UNITS),
    step: (model, frame) => ringPut(ringOf(model, capacity), frame, copy(model)),
    end(world, { result }) {
      if (result === Result.OK) world.setGhost(PUT, world.ghost(PUT) | 1 << message);
      else return -1;
    },
  };
}

function takeOp({ ringTake }: Machines, capacity: number, mayQuit: boolean): Op {
  const copy = (model: Model): CopyStep => (at, frame) => {
    frame.b = UNITS;
    const part = frame.pc;
    const word = model.at(DATA).load(at + part);
    // The machine does not use `d` while it copies.
    if (part === 0) frame.d = word;
    else if (word !== frame.d + CHECK) frame.d = -1;
    return part === 0 ? jump(frame, 1) : DONE;
  };
  return {
    mayQuit,
    step: (model, frame) => ringTake(ringOf(model, capacity), frame, copy(model)),
    end(world, { result, d: message }) {
      if (result !== Result.OK) return -1;
      world.check(message > 0, "a record is torn");
      world.check((world.ghost(TAKEN) & 1 << message) === 0, `message ${message} arrived twice`);
      world.check(message !== 1 || world.ghost(SEEN + world.me) !== 2, "messages of one producer changed places");
      world.setGhost(TAKEN, world.ghost(TAKEN) | 1 << message);
      world.setGhost(SEEN + world.me, message);
    },
  };
}

/** A producer of two messages, with `second` another one of a third, and consumers that take `takes` messages each. */
export function mpmcRingProgram(
  machines: Machines,
  { capacity = UNITS, takes = [2, 1], second = true, closes = false, deaths = 1, quits = 0 },
): Program {
  const put = (message: number) => putOp(machines, message, capacity, true);
  const scripts: Op[][] = [[put(1), put(2)]];
  if (second) scripts.push([put(3)]);
  if (closes) scripts[0].push({ step: (model, frame) => machines.ringClose(ringOf(model, capacity), frame) });
  for (const count of takes) scripts.push(Array.from({ length: count }, () => takeOp(machines, capacity, true)));
  const producers = second ? 2 : 1;
  return {
    name: `ring with many producers and consumers: capacity ${
      capacity / UNITS
    }, takes ${takes}, closes ${closes}, deaths ${deaths}, quits ${quits}`,
    words: DATA + capacity,
    ghosts: SEEN + 1 + scripts.length,
    scripts,
    deaths,
    quits,
    // A consumer may sleep on a TAIL that has moved, if another consumer took the record.
    wordsMove: true,
    maySleep(world, thread) {
      const [head, tail] = world.model.state;
      const used = (tail >>> 1) - (head >>> 1);
      return thread <= producers ? capacity - used < UNITS : used === 0 && (tail & 1) === 0;
    },
    atEnd(world) {
      const [head, tail] = world.model.state;
      let inRing = 0;
      for (let at = head >>> 1; at !== tail >>> 1; at += UNITS) inRing |= 1 << world.model.state[DATA + at % capacity];
      world.check((inRing & world.ghost(TAKEN)) === 0, "a message was taken and is still in the ring");
      let lost = 0;
      for (const message of [1, 2, 3]) {
        if ((world.ghost(PUT) & ~world.ghost(TAKEN) & ~inRing & 1 << message) !== 0) lost++;
      }
      const died = scripts.filter((_, t) => t >= producers && world.dead(t + 1)).length;
      world.check(lost <= died, `${lost} messages are lost, ${died} consumers died`);
    },
  };
}
