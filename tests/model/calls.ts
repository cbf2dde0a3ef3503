/**
 * Programs of the call table and the doorbell: a host and two workers. The host gives calls, withdraws one, gives it to the
 * other worker, and reuses its slot.
 *
 * @module
 */
import { DOORBELL_WORDS, POSTS, TAIL } from "../../lib/shared/steps/doorbell.ts";
import { CallState } from "../../lib/shared/steps/call.ts";
import { end, type Frame, jump, type Outcome, Result } from "../../lib/shared/steps/step.ts";
import type { Model, Op, Program, World } from "./world.ts";
import type { Machines } from "./machines.ts";

const CAPACITY = 2;
const STATES = DOORBELL_WORDS, VALUES = STATES + CAPACITY, WORDS = VALUES + CAPACITY;
// Ghosts: the sets of calls that have run and that the host has withdrawn; of each worker: the number of its next call,
// whether a message is in its port, TAIL when it found no call, and POSTS when its event loop turned.
const RAN = 0, WITHDRAWN = 1, CURSOR = 2, POSTED = 4, SAW = 6, POSTS_SEEN = 8, GHOSTS = 10;

const slotOf = (seq: number): number => seq % CAPACITY;
const generationOf = (seq: number): number => Math.floor(seq / CAPACITY) << 4;

/** The host gives a call to a worker, as that worker's number `seq`; with `after`, only if that call was withdrawn. */
function give({ signal }: Machines, worker: number, seq: number, call: number, after = 0): Op {
  const base = worker * WORDS;
  return {
    begin(world, frame) {
      frame.stage = after > 0 && (world.ghost(WITHDRAWN) & 1 << after) === 0 ? -1 : 0;
    },
    step(model, frame) {
      const words = model.at(base);
      switch (frame.stage) {
        case -1:
          return end(frame, Result.OK);
        case 0:
          words.store(VALUES + slotOf(seq), call);
          frame.stage = 1;
          return jump(frame, 0);
        case 1:
          words.store(STATES + slotOf(seq), generationOf(seq) | CallState.QUEUED);
          frame.stage = 2;
          frame.a = 1;
          frame.b = seq + 1;
          return jump(frame, 0);
        default:
          return signal(words, frame);
      }
    },
  };
}

/** The host withdraws a call, if the worker has not taken it. */
function withdraw({ claimCall }: Machines, worker: number, seq: number, call: number): Op {
  const at = STATES + slotOf(seq), generation = generationOf(seq);
  return {
    step(model, frame) {
      const taken = claimCall(model.at(worker * WORDS), at, generation, CallState.WITHDRAWN);
      return end(frame, taken ? Result.OK : Result.FULL);
    },
    end(world, { result }) {
      if (result === Result.OK) world.setGhost(WITHDRAWN, world.ghost(WITHDRAWN) | 1 << call);
    },
  };
}

/** The host posts a message to a worker. */
function post({ signal }: Machines, worker: number): Op {
  return {
    begin(world, frame) {
      world.setGhost(POSTED + worker, 1);
      frame.a = 0;
    },
    step: (model, frame) => signal(model.at(worker * WORDS), frame),
  };
}

const Position = { SERVE: 0, PARK: 1, WAIT_FOR_TAIL: 2 } as const;

/** A worker runs the calls that it finds, parks for a moment, then waits for TAIL while its event loop turns. */
function work({ isQueued, claimCall, park, waitForTail }: Machines, worker: number, calls: number[][]): Op[] {
  const base = worker * WORDS;
  const callOf = (seq: number) => calls[worker][seq];
  const serve: Op = {
    begin: (world, frame) => void (frame.c = world.ghost(CURSOR + worker)),
    step(model, frame): Outcome {
      const words = model.at(base);
      const at = STATES + slotOf(frame.c), generation = generationOf(frame.c);
      switch (frame.pc) {
        case 0:
          frame.b = words.load(TAIL);
          return frame.b === frame.c ? end(frame, Result.FULL) : jump(frame, 1);
        case 1:
          return isQueued(words, at, generation) ? jump(frame, 2) : end(frame, Result.GAVE_UP);
        case 2:
          // Reads the kind of batch, which is valid only if the call is still queued after that.
          frame.a = words.load(VALUES + slotOf(frame.c));
          return jump(frame, 3);
        case 3:
          return isQueued(words, at, generation) ? jump(frame, 4) : end(frame, Result.GAVE_UP);
        case 4:
          return claimCall(words, at, generation, CallState.RUNNING) ? jump(frame, 5) : end(frame, Result.GAVE_UP);
        default:
          frame.d = words.load(VALUES + slotOf(frame.c));
          return end(frame, Result.OK);
      }
    },
    end(world, { result, a: batch, b, c: seq, d: call }) {
      if (result === Result.FULL) {
        world.setGhost(SAW + worker, b);
        return Position.PARK;
      }
      world.setGhost(CURSOR + worker, seq + 1);
      if (result !== Result.OK) return Position.SERVE;
      world.check(call === callOf(seq), `number ${seq} of worker ${worker} ran as call ${call}`);
      world.check(batch === call, `number ${seq} of worker ${worker} ran as one of the batch of call ${batch}`);
      world.check((world.ghost(RAN) & 1 << call) === 0, `call ${call} ran twice`);
      world.setGhost(RAN, world.ghost(RAN) | 1 << call);
      return Position.SERVE;
    },
  };
  const wait = (step: (model: Model, frame: Frame) => Outcome, next: (world: World, result: number) => number): Op => ({
    mayQuit: step !== tailStep,
    begin(world, frame) {
      frame.b = world.ghost(SAW + worker);
      frame.c = world.ghost(POSTS_SEEN + worker);
    },
    step,
    end: (world, { result }) => next(world, result),
  });
  const tailStep = (model: Model, frame: Frame) => waitForTail(model.at(base), frame);
  return [
    serve,
    wait((model, frame) => park(model.at(base), frame), (world, result) => {
      if (result === Result.OK) return Position.SERVE;
      // The event loop turns and delivers the message.
      world.setGhost(POSTED + worker, 0);
      world.setGhost(POSTS_SEEN + worker, world.model.state[base + POSTS]);
      return Position.WAIT_FOR_TAIL;
    }),
    wait(tailStep, () => Position.SERVE),
  ];
}

/**
 * Worker 0 gets two calls. The host withdraws the first if it still can, gives it to worker 1, and gives a third call in its
 * slot. Meanwhile the host posts a message. Each call that has a living worker runs once.
 */
export function callsProgram(machines: Machines, { deaths = 1, quits = 1, posts = true }): Program {
  const calls = [[1, 2, 3], [1]];
  const host: Op[] = [
    give(machines, 0, 0, 1),
    give(machines, 0, 1, 2),
    ...posts ? [post(machines, 0)] : [],
    withdraw(machines, 0, 0, 1),
    give(machines, 1, 0, 1, 1),
    give(machines, 0, 2, 3, 1),
  ];
  return {
    name: `calls: posts ${posts}, deaths ${deaths}, quits ${quits}`,
    words: 2 * WORDS,
    ghosts: GHOSTS,
    scripts: [host, work(machines, 0, calls), work(machines, 1, calls)],
    deaths,
    quits,
    // At the end each worker waits for more, and has run all calls.
    maySleep(world, thread) {
      const worker = thread - 2;
      return worker >= 0 && world.model.state[worker * WORDS + TAIL] === world.ghost(CURSOR + worker);
    },
    atEnd(world) {
      if (world.dead(1) || world.dead(2) || world.dead(3)) return;
      const withdrawn = (world.ghost(WITHDRAWN) & 2) !== 0;
      const all = withdrawn ? 0b1110 : 0b0110;
      world.check(world.ghost(RAN) === all, `ran ${world.ghost(RAN).toString(2)} of ${all.toString(2)}`);
      const blocks = world.sleeps(2) && world.position(2) === Position.PARK;
      world.check(world.ghost(POSTED) === 0 || !blocks, "a message waits in the port of a worker that blocks");
    },
  };
}
