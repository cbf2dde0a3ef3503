/**
 * Tries every order in which threads can run their steps, with a death possible at each step.
 *
 * ```
 * state = memory | status of each thread | ghosts | budgets | threads (status, position in the script, frame)
 *
 *   a thread runs      -> its next step, by the function that production runs
 *   a thread sleeps    -> woken by a notification (the explorer tries every choice of the sleepers that it reaches), or by
 *                         itself after the status of a thread has changed, or because its time is up
 *   a thread dies      -> at any moment; in a later step the host marks it as gone, and all others check again
 * ```
 *
 * In every state the explorer checks the assertions of the scripts on their ghosts. It also checks that no thread spins: the
 * graph of states has no cycle, so every script ends however unfair the schedule. At each end it checks that no thread
 * sleeps on a word that has changed: that would be a lost wake-up.
 *
 * The search is depth first and visits each state once. A step that touches no shared word is taken together with the next
 * one, since no other thread can see the difference.
 *
 * @module
 */
import { ALL, DONE, Frame, OwnerStatus, WAIT, type Words } from "../../lib/shared/steps/step.ts";
import { Field, loadFrame, resetFrame, saveFrame } from "./frames.ts";
import { search } from "./search.ts";
import {
  BEGUN,
  BURIED,
  DEAD,
  FINISHED,
  type Found,
  FRAME,
  Model,
  OWED,
  POSITION,
  type Program,
  RUNS,
  SLEEPS,
  SLEPT,
  STATUS,
  THREAD,
  Violation,
  World,
} from "./world.ts";

/** Explores a program. */
export function explore(program: Program, limit = 5_000_000): Found {
  const { words, scripts, ghosts } = program;
  const model = new Model(words);
  const world = new World(model, program);
  const frame = new Frame();
  const budgets = words + scripts.length + 1 + ghosts;
  const first = budgets + 3;
  const [DEATHS, QUITS, LOSSES] = [budgets, budgets + 1, budgets + 2];

  function sleepers(state: number[], word: number): number[] {
    const found: number[] = [];
    for (let t = 0; t < scripts.length; t++) {
      const at = first + t * THREAD;
      if (state[at + STATUS] === SLEEPS && state[at + FRAME + Field.WHERE] + state[at + FRAME + Field.ON] === word) {
        found.push(t);
      }
    }
    return found;
  }

  // Yields every way in which a notification can reach up to `count` sleepers. Each may run out of time just then.
  function* woken(state: number[], sleeping: number[], count: number): Generator<number[]> {
    if (count === 0 || sleeping.length === 0) return yield state;
    const choices = count >= sleeping.length ? [0] : sleeping.map((_, i) => i);
    for (const i of choices) {
      const rest = sleeping.filter((_, j) => j > i || (count >= sleeping.length && j !== i));
      if (count < sleeping.length && rest.length < count - 1) continue;
      const at = first + sleeping[i] * THREAD;
      const next = state.slice();
      next[at + STATUS] = RUNS;
      yield* woken(next, rest, count - 1);
      if (mayQuit(state, sleeping[i])) {
        const late = next.slice();
        late[at + FRAME + Field.GIVE_UP] = 1;
        late[QUITS]--;
        yield* woken(late, rest, count - 1);
      }
    }
  }

  const allAlive = scripts.length;
  function aliveCount(state: number[]): number {
    let count = 0;
    for (let t = 1; t <= scripts.length; t++) if (state[words + t] === OwnerStatus.ALIVE) count++;
    return count;
  }

  function mayQuit(state: number[], t: number): boolean {
    const at = first + t * THREAD;
    return state[QUITS] > 0 && state[at + FRAME + Field.GIVE_UP] === 0 &&
      scripts[t][state[at + POSITION]].mayQuit === true;
  }

  function step(from: number[], t: number): number[] {
    const state = model.state = from.slice();
    const at = first + t * THREAD;
    model.touched = false;
    model.notified = -1;
    world.me = t + 1;
    const op = scripts[t][state[at + POSITION]];
    loadFrame(model, frame, state, at + FRAME);
    if (state[at + BEGUN] === 0) {
      state[at + BEGUN] = 1;
      op.begin?.(world, frame);
    }
    for (let silent = 0; !model.touched; silent++) {
      if (silent > 1000) throw new Violation("a machine runs forever and touches no shared word");
      const outcome = op.step(model, frame);
      if (outcome === WAIT) {
        const word = model.baseOf(frame.where as Words) + frame.on;
        if (state[word] === frame.expected) {
          state[at + STATUS] = SLEEPS;
          if ((state[at + SLEPT] & 1 << frame.stage) === 0 && aliveCount(state) !== allAlive) {
            state[at + OWED] = 1;
            state[at + SLEPT] |= 1 << frame.stage;
          }
        }
        break;
      }
      if (outcome === DONE) {
        const next = op.end?.(world, frame) ?? state[at + POSITION] + 1;
        resetFrame(state, at + FRAME, t + 1);
        state[at + BEGUN] = state[at + SLEPT] = 0;
        state[at + POSITION] = next;
        if (next < 0 || next >= scripts[t].length) {
          state[at + STATUS] = FINISHED;
          state[at + OWED] = 0;
        }
        return state;
      }
    }
    if (state[at + STATUS] !== SLEEPS) {
      frame.where = undefined;
      frame.on = frame.expected = 0;
    }
    saveFrame(model, frame, state, at + FRAME);
    return state;
  }

  function* successors(state: number[]): Generator<[string, number[]]> {
    for (let t = 0; t < scripts.length; t++) {
      const at = first + t * THREAD;
      const status = state[at + STATUS];
      if (status === RUNS) {
        const next = step(state, t);
        const label = `${t + 1} at ${state[at + POSITION]}/${state[at + FRAME + Field.STAGE]}.${
          state[at + FRAME + Field.PC]
        }`;
        if (model.notified < 0) yield [label, next];
        else {
          const count = model.count === ALL ? scripts.length : model.count;
          for (const each of woken(next, sleepers(next, model.notified), count)) yield [`${label} notifies`, each];
        }
      }
      if (status === SLEEPS && mayQuit(state, t)) {
        const next = state.slice();
        next[at + STATUS] = RUNS;
        next[at + FRAME + Field.GIVE_UP] = 1;
        next[QUITS]--;
        yield [`${t + 1} is out of time`, next];
      }
      if ((status === RUNS || status === SLEEPS) && state[DEATHS] > 0) {
        const next = state.slice();
        next[at + STATUS] = DEAD;
        next[at + BEGUN] = next[at + OWED] = next[at + SLEPT] = 0;
        resetFrame(next, at + FRAME, t + 1);
        next[DEATHS]--;
        yield [`${t + 1} dies`, next];
      }
      if ((status === RUNS || status === SLEEPS) && state[LOSSES] > 0) {
        const next = changed(state, t, OwnerStatus.LOST);
        next[LOSSES]--;
        yield [`${t + 1} is lost`, next];
      }
      if (status === SLEEPS && state[at + OWED] === 1) {
        const next = state.slice();
        next[at + STATUS] = RUNS;
        next[at + OWED] = 0;
        yield [`${t + 1} wakes by itself`, next];
      }
      if (status === DEAD) {
        const next = changed(state, t, OwnerStatus.GONE);
        next[at + STATUS] = BURIED;
        yield [`the host marks ${t + 1} as gone`, next];
      }
    }
  }

  // In production sleepers wake by themselves every 50 ms. Here they do so only if a thread is dead or lost, and once in each
  // stage of their machine, so that these wake-ups cannot hide a missing notification. Each wake-up is a step of its own
  // thread: a host that woke all sleepers at once would miss a thread that has read the old status and is about to sleep.
  function changed(state: number[], t: number, ownerStatus: number): number[] {
    const next = state.slice();
    next[words + t + 1] = ownerStatus;
    for (let each = 0; each < scripts.length; each++) {
      const at = first + each * THREAD;
      if (next[at + STATUS] <= SLEEPS) next[at + OWED] = 1;
    }
    return next;
  }

  function checkEnd(state: number[]): boolean {
    const statuses = scripts.map((_, t) => state[first + t * THREAD + STATUS]);
    const owed = (t: number) => state[first + t * THREAD + OWED] === 1;
    if (statuses.some((status, t) => status === RUNS || status === DEAD || (status === SLEEPS && owed(t)))) {
      return false;
    }
    model.state = state;
    statuses.forEach((status, t) => {
      if (status !== SLEEPS) return;
      loadFrame(model, frame, state, first + t * THREAD + FRAME);
      const holds = state[model.baseOf(frame.where as Words) + frame.on];
      const same = holds === frame.expected || program.wordsMove === true;
      world.check(same, `lost wake-up: ${t + 1} sleeps on ${frame.expected}, the word is ${holds}`);
      world.check(program.maySleep?.(world, t + 1) ?? false, `${t + 1} sleeps forever`);
    });
    program.atEnd?.(world);
    return true;
  }

  const start: number[] = new Array(first + scripts.length * THREAD).fill(0);
  for (let t = 0; t < scripts.length; t++) {
    start[words + t + 1] = OwnerStatus.ALIVE;
    resetFrame(start, first + t * THREAD + FRAME, t + 1);
  }
  start[DEATHS] = program.deaths ?? 0;
  start[QUITS] = program.quits ?? 0;
  start[LOSSES] = program.losses ?? 0;
  model.state = start;
  program.init?.(model.at(0));

  return search(program.name, start, successors, checkEnd, limit);
}
