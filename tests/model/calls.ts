/**
 * Programs of the board and the bell: a host, and two workers. Calls are given, taken back, given to somebody else, and
 * their positions used again.
 *
 * @module
 */
import { DOORBELL_WORDS, POSTS, TAIL } from "../../lib/shared/steps/doorbell.ts";
import { CallState } from "../../lib/shared/steps/call.ts";
import { end, type Frame, jump, type Outcome, Result } from "../../lib/shared/steps/step.ts";
import type { Model, Op, Program, World } from "./world.ts";
import type { Machines } from "./machines.ts";

const CAPACITY = 2;
const BOARD = DOORBELL_WORDS, PLACES = BOARD + CAPACITY, WORDS = PLACES + CAPACITY;
// Ghosts: which calls have run and were taken back; of each worker: its cursor, whether a message is in its port, the tail
// when there was nothing to run, and the messages that had come when its event loop turned.
const RAN = 0, BACK = 1, CURSOR = 2, POSTED = 4, SAW = 6, POSTS_SEEN = 8, GHOSTS = 10;

const positionOf = (seq: number): number => seq % CAPACITY;
const lapOf = (seq: number): number => Math.floor(seq / CAPACITY) << 4;

/** A call, by its number, given to a worker as number `seq` of that one. Only `after` the call of that name came back. */
function give({ ring }: Machines, worker: number, seq: number, call: number, after = 0): Op {
  const base = worker * WORDS;
  return {
    begin(world, frame) {
      frame.stage = after > 0 && (world.ghost(BACK) & 1 << after) === 0 ? -1 : 0;
    },
    step(model, frame) {
      const words = model.at(base);
      switch (frame.stage) {
        case -1:
          return end(frame, Result.OK);
        case 0:
          words.store(PLACES + positionOf(seq), call);
          frame.stage = 1;
          return jump(frame, 0);
        case 1:
          words.store(BOARD + positionOf(seq), lapOf(seq) | CallState.QUEUED);
          frame.stage = 2;
          frame.a = 1;
          frame.b = seq + 1;
          return jump(frame, 0);
        default:
          return ring(words, frame);
      }
    },
  };
}

function withdraw({ claimCall }: Machines, worker: number, seq: number, call: number): Op {
  const at = BOARD + positionOf(seq), lap = lapOf(seq);
  return {
    step(model, frame) {
      const taken = claimCall(model.at(worker * WORDS), at, lap, CallState.WITHDRAWN);
      return end(frame, taken ? Result.OK : Result.FULL);
    },
    end(world, { result }) {
      if (result === Result.OK) world.setGhost(BACK, world.ghost(BACK) | 1 << call);
    },
  };
}

function post({ ring }: Machines, worker: number): Op {
  return {
    begin(world, frame) {
      world.setGhost(POSTED + worker, 1);
      frame.a = 0;
    },
    step: (model, frame) => ring(model.at(worker * WORDS), frame),
  };
}

const Place = { SERVE: 0, REST: 1, FOLLOW: 2 } as const;

/** A worker: runs what is there, blocks for a moment, then waits while its event loop turns. */
function work({ isQueued, claimCall, rest, follow }: Machines, worker: number, calls: number[][]): Op[] {
  const base = worker * WORDS;
  // Which call was given as which number, first and again.
  const nameOf = (seq: number) => calls[worker][seq];
  const serve: Op = {
    begin: (world, frame) => void (frame.c = world.ghost(CURSOR + worker)),
    step(model, frame): Outcome {
      const words = model.at(base);
      const at = BOARD + positionOf(frame.c), lap = lapOf(frame.c);
      switch (frame.pc) {
        case 0:
          frame.b = words.load(TAIL);
          return frame.b === frame.c ? end(frame, Result.FULL) : jump(frame, 1);
        case 1:
          return isQueued(words, at, lap) ? jump(frame, 2) : end(frame, Result.GAVE_UP);
        case 2:
          // What kind of batch it is, which counts if the call is still there.
          frame.a = words.load(PLACES + positionOf(frame.c));
          return jump(frame, 3);
        case 3:
          return isQueued(words, at, lap) ? jump(frame, 4) : end(frame, Result.GAVE_UP);
        case 4:
          return claimCall(words, at, lap, CallState.RUNNING) ? jump(frame, 5) : end(frame, Result.GAVE_UP);
        default:
          frame.d = words.load(PLACES + positionOf(frame.c));
          return end(frame, Result.OK);
      }
    },
    end(world, { result, a: batch, b, c: seq, d: call }) {
      if (result === Result.FULL) {
        world.setGhost(SAW + worker, b);
        return Place.REST;
      }
      world.setGhost(CURSOR + worker, seq + 1);
      if (result !== Result.OK) return Place.SERVE;
      world.check(call === nameOf(seq), `number ${seq} of worker ${worker} ran as call ${call}`);
      world.check(batch === call, `number ${seq} of worker ${worker} ran as one of the batch of call ${batch}`);
      world.check((world.ghost(RAN) & 1 << call) === 0, `call ${call} ran twice`);
      world.setGhost(RAN, world.ghost(RAN) | 1 << call);
      return Place.SERVE;
    },
  };
  const wait = (step: (model: Model, frame: Frame) => Outcome, next: (world: World, result: number) => number): Op => ({
    mayQuit: step !== followStep,
    begin(world, frame) {
      frame.b = world.ghost(SAW + worker);
      frame.c = world.ghost(POSTS_SEEN + worker);
    },
    step,
    end: (world, { result }) => next(world, result),
  });
  const followStep = (model: Model, frame: Frame) => follow(model.at(base), frame);
  return [
    serve,
    wait((model, frame) => rest(model.at(base), frame), (world, result) => {
      if (result === Result.OK) return Place.SERVE;
      // The event loop turns: the message is taken.
      world.setGhost(POSTED + worker, 0);
      world.setGhost(POSTS_SEEN + worker, world.model.state[base + POSTS]);
      return Place.FOLLOW;
    }),
    wait(followStep, () => Place.SERVE),
  ];
}

/**
 * Worker 0 gets two calls; the first is taken back, if there is time, and given to worker 1; its position gets a third.
 * A message is posted meanwhile. Each call that has a living worker runs once.
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
    // Each waits for more in the end, and has run all there was.
    maySleep(world, thread) {
      const worker = thread - 2;
      return worker >= 0 && world.model.state[worker * WORDS + TAIL] === world.ghost(CURSOR + worker);
    },
    atEnd(world) {
      if (world.dead(1) || world.dead(2) || world.dead(3)) return;
      const back = (world.ghost(BACK) & 2) !== 0;
      const all = back ? 0b1110 : 0b0110;
      world.check(world.ghost(RAN) === all, `ran ${world.ghost(RAN).toString(2)} of ${all.toString(2)}`);
      const blocks = world.sleeps(2) && world.place(2) === Place.REST;
      world.check(world.ghost(POSTED) === 0 || !blocks, "a message waits for a worker that blocks");
    },
  };
}
