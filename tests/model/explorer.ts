/**
 * Tries every order in which threads can take their steps, with a death possible at each.
 *
 * ```
 * state = memory | standing of each thread | ghosts | budgets | threads (status, place in its script, frame)
 *
 *   a thread runs      -> its next step, by the function that production runs
 *   a thread sleeps    -> woken by a notification (whom it reaches is tried in every way), by itself after
 *                         somebody's standing changed, or it gives up
 *   a thread dies      -> at any moment;later, as a step of its own, the host marks it, and everybody looks again
 * ```
 *
 * Checked everywhere: what the scripts assert on their ghosts; that no thread spins (the graph of states has no cycle,
 * so every script ends however unfair the schedule); and at each end, that nobody sleeps on a word that has changed:
 * the lost wake-up.
 *
 * Depth first, each state once. A step that touches no shared word is taken together with the one after it: nobody can
 * tell the difference.
 *
 * @module
 */
import { ALL, DONE, Frame, OwnerStatus, WAIT, type Words } from "../../lib/shared/steps/step.ts";
import {
  BEGUN,
  BURIED,
  DEAD,
  FINISHED,
  type Found,
  FRAME,
  Model,
  OWED,
  PLACE,
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

  function load(state: number[], at: number): void {
    frame.pc = state[at];
    frame.stage = state[at + 1];
    frame.me = state[at + 2];
    frame.seen = state[at + 3];
    frame.a = state[at + 4];
    frame.b = state[at + 5];
    frame.c = state[at + 6];
    frame.d = state[at + 7];
    frame.e = state[at + 8];
    frame.quit = state[at + 9] === 1;
    frame.recover = state[at + 10] === 1;
    frame.result = state[at + 11];
    frame.where = state[at + 12] < 0 ? undefined : model.at(state[at + 12]);
    frame.on = state[at + 13];
    frame.expected = state[at + 14];
  }

  function save(state: number[], at: number): void {
    const where = frame.where === undefined ? -1 : model.baseOf(frame.where);
    const { pc, stage, me, seen, a, b, c, d, e, quit, recover, result, on, expected } = frame;
    const all = [pc, stage, me, seen, a, b, c, d, e, +quit, +recover, result, where, on, expected];
    for (let i = 0; i < all.length; i++) state[at + i] = all[i];
  }

  function reset(state: number[], at: number, me: number): void {
    for (let i = 0; i < 15; i++) state[at + i] = 0;
    state[at + 2] = me;
    state[at + 12] = -1;
  }

  function sleepers(state: number[], word: number): number[] {
    const found: number[] = [];
    for (let t = 0; t < scripts.length; t++) {
      const at = first + t * THREAD;
      if (state[at + STATUS] === SLEEPS && state[at + FRAME + 12] + state[at + FRAME + 13] === word) found.push(t);
    }
    return found;
  }

  // Every way in which a notification can reach up to `count` of the sleepers; each may be out of time just then.
  function* woken(state: number[], who: number[], count: number): Generator<number[]> {
    if (count === 0 || who.length === 0) return yield state;
    const choices = count >= who.length ? [0] : who.map((_, i) => i);
    for (const i of choices) {
      const rest = who.filter((_, j) => j > i || (count >= who.length && j !== i));
      if (count < who.length && rest.length < count - 1) continue;
      const at = first + who[i] * THREAD;
      const next = state.slice();
      next[at + STATUS] = RUNS;
      yield* woken(next, rest, count - 1);
      if (mayQuit(state, who[i])) {
        const late = next.slice();
        late[at + FRAME + 9] = 1;
        late[QUITS]--;
        yield* woken(late, rest, count - 1);
      }
    }
  }

  const allAlive = scripts.length * OwnerStatus.ALIVE;
  function standings(state: number[]): number {
    let sum = 0;
    for (let t = 1; t <= scripts.length; t++) sum += state[words + t] === OwnerStatus.ALIVE ? OwnerStatus.ALIVE : 0;
    return sum;
  }

  function mayQuit(state: number[], t: number): boolean {
    const at = first + t * THREAD;
    return state[QUITS] > 0 && state[at + FRAME + 9] === 0 && scripts[t][state[at + PLACE]].mayQuit === true;
  }

  function step(from: number[], t: number): number[] {
    const state = model.state = from.slice();
    const at = first + t * THREAD;
    model.touched = false;
    model.notified = -1;
    world.me = t + 1;
    const op = scripts[t][state[at + PLACE]];
    load(state, at + FRAME);
    if (state[at + BEGUN] === 0) {
      state[at + BEGUN] = 1;
      op.begin?.(world, frame);
    }
    for (let silent = 0; !model.touched; silent++) {
      if (silent > 1000) throw new Violation("a machine runs for ever by itself");
      const outcome = op.step(model, frame);
      if (outcome === WAIT) {
        const word = model.baseOf(frame.where as Words) + frame.on;
        if (state[word] === frame.expected) {
          state[at + STATUS] = SLEEPS;
          if ((state[at + SLEPT] & 1 << frame.stage) === 0 && standings(state) !== allAlive) {
            state[at + OWED] = 1;
            state[at + SLEPT] |= 1 << frame.stage;
          }
        }
        break;
      }
      if (outcome === DONE) {
        const next = op.end?.(world, frame) ?? state[at + PLACE] + 1;
        reset(state, at + FRAME, t + 1);
        state[at + BEGUN] = state[at + SLEPT] = 0;
        state[at + PLACE] = next;
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
    save(state, at + FRAME);
    return state;
  }

  function* successors(state: number[]): Generator<[string, number[]]> {
    for (let t = 0; t < scripts.length; t++) {
      const at = first + t * THREAD;
      const status = state[at + STATUS];
      if (status === RUNS) {
        const next = step(state, t);
        const label = `${t + 1} at ${state[at + PLACE]}/${state[at + FRAME + 1]}.${state[at + FRAME]}`;
        if (model.notified < 0) yield [label, next];
        else {
          const count = model.count === ALL ? scripts.length : model.count;
          for (const each of woken(next, sleepers(next, model.notified), count)) yield [`${label} notifies`, each];
        }
      }
      if (status === SLEEPS && mayQuit(state, t)) {
        const next = state.slice();
        next[at + STATUS] = RUNS;
        next[at + FRAME + 9] = 1;
        next[QUITS]--;
        yield [`${t + 1} is out of time`, next];
      }
      if ((status === RUNS || status === SLEEPS) && state[DEATHS] > 0) {
        const next = state.slice();
        next[at + STATUS] = DEAD;
        next[at + BEGUN] = next[at + OWED] = next[at + SLEPT] = 0;
        reset(next, at + FRAME, t + 1);
        next[DEATHS]--;
        yield [`${t + 1} dies`, next];
      }
      if ((status === RUNS || status === SLEEPS) && state[LOSSES] > 0) {
        const next = changed(state, t, OwnerStatus.LOST);
        next[LOSSES]--;
        yield [`${t + 1} is given up`, next];
      }
      if (status === SLEEPS && state[at + OWED] === 1) {
        const next = state.slice();
        next[at + STATUS] = RUNS;
        next[at + OWED] = 0;
        yield [`${t + 1} looks again`, next];
      }
      if (status === DEAD) {
        const next = changed(state, t, OwnerStatus.GONE);
        next[at + STATUS] = BURIED;
        yield [`host marks ${t + 1}`, next];
      }
    }
  }

  // Sleepers look again by themselves, every 50 ms. Here they do so only if somebody is dead or given up, once in each
  // stage of their machine: so the slices cannot hide a notification that is missing. It is each one's own
  // step: a host that woke all sleepers at once would miss the one that has read the old standing and is about to sleep.
  function changed(state: number[], t: number, standing: number): number[] {
    const next = state.slice();
    next[words + t + 1] = standing;
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
      load(state, first + t * THREAD + FRAME);
      const holds = state[model.baseOf(frame.where as Words) + frame.on];
      const same = holds === frame.expected || program.wordsMove === true;
      world.check(same, `lost wake-up: ${t + 1} sleeps on ${frame.expected}, the word is ${holds}`);
      world.check(program.maySleep?.(world, t + 1) ?? false, `${t + 1} sleeps for ever`);
    });
    program.atEnd?.(world);
    return true;
  }

  const start: number[] = new Array(first + scripts.length * THREAD).fill(0);
  for (let t = 0; t < scripts.length; t++) {
    start[words + t + 1] = OwnerStatus.ALIVE;
    reset(start, first + t * THREAD + FRAME, t + 1);
  }
  start[DEATHS] = program.deaths ?? 0;
  start[QUITS] = program.quits ?? 0;
  start[LOSSES] = program.losses ?? 0;
  model.state = start;
  program.init?.(model.at(0));

  const key = (state: number[]) => String.fromCharCode.apply(null, state as number[]);
  const startKey = key(start);
  // true while on the path.
  const seen = new Map<string, boolean>([[startKey, true]]);
  const path = [{ label: "start", key: startKey, next: successors(start) }];
  let ends = checkEnd(start) ? 1 : 0;
  try {
    while (path.length > 0) {
      const top = path[path.length - 1];
      const { value, done } = top.next.next();
      if (done) {
        seen.set(top.key, false);
        path.pop();
        continue;
      }
      const [label, state] = value;
      const id = key(state);
      const known = seen.get(id);
      if (known === true) {
        path.push({ ...top, label });
        throw new Violation("a cycle: somebody spins");
      }
      if (known === false) continue;
      seen.set(id, true);
      path.push({ label, key: id, next: successors(state) });
      if (checkEnd(state)) ends++;
      if (seen.size > limit) throw new Error(`${program.name}: more than ${limit} states`);
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { states: seen.size, ends, violation: error.message, trace: path.map(({ label }) => label) };
  }
  return { states: seen.size, ends, violation: undefined, trace: [] };
}
