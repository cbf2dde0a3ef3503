/**
 * What waits for a worker, the highest priority first: within one, the chunks that a worker gave back, then the works
 * in turn. A work that has more to give goes to the tail again, so that a long map does not hold up what came after it.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { Chunk, type Job, type TaskEntry } from "./job.ts";

/** The waiting line of one priority. */
class PriorityLevel {
  readonly returned = new Deque<Chunk>();
  readonly jobs = new Deque<Job>();

  constructor(readonly priority: number) {}

  // Drops what cannot give anything any more, and tells whether something is left.
  get ready(): boolean {
    for (let chunk; (chunk = this.returned.peek()); this.returned.shift()) {
      if (!chunk.job.isOver && chunk.open > 0) return true;
    }
    for (let work; (work = this.jobs.peek()); this.jobs.shift()) if (work.waiting > 0) return true;
    return false;
  }
}

/** A waiting line: the pool's, or that of what only one worker may run. */
export class Backlog {
  // Highest priority first; the one that is used nearly always is never removed.
  readonly #lanes: PriorityLevel[] = [new PriorityLevel(0)];

  /** Adds a work at the tail. */
  push(work: Job): void {
    this.#lane(work.priority).jobs.push(work);
  }

  /** Puts calls that never started back at the head. */
  putBack(chunk: Chunk): void {
    this.#lane(chunk.job.priority).returned.unshift(chunk);
  }

  /** About how many calls wait; a map that is next in line counts with all it has. */
  get size(): number {
    let size = 0;
    for (const { returned, jobs: works } of this.#lanes) {
      size += returned.size + works.size + (works.peek()?.waiting ?? 0);
    }
    return size;
  }

  /** Priority of the next call; `-Infinity` if none waits. */
  get priority(): number {
    return this.#first()?.priority ?? -Infinity;
  }

  /** How many calls wait, at most `max`. */
  demand(max: number): number {
    let found = 0;
    for (const { returned, jobs: works } of this.#lanes) {
      for (const chunk of returned) if ((found += chunk.job.isOver ? 0 : chunk.items.length) >= max) return max;
      for (const work of works) if ((found += work.waiting) >= max) return max;
    }
    return found;
  }

  /** Takes out the returned chunks of a work. */
  remove(work: Job): Chunk[] {
    const removed: Chunk[] = [];
    for (const { returned } of this.#lanes) {
      for (let left = returned.size; left > 0; left--) {
        const chunk = returned.shift()!;
        if (chunk.job === work) removed.push(chunk);
        else returned.push(chunk);
      }
    }
    return removed;
  }

  /** Takes everything out. */
  drain(): { returned: Chunk[]; works: Job[] } {
    const lanes = this.#lanes.splice(0, Infinity, new PriorityLevel(0));
    return { returned: lanes.flatMap((lane) => [...lane.returned]), works: lanes.flatMap((lane) => [...lane.jobs]) };
  }

  /** The task that is next in line. */
  nextTask(): TaskEntry | undefined {
    const lane = this.#first();
    return lane && (lane.returned.peek()?.job ?? lane.jobs.peek()!).task;
  }

  /** Takes the next calls, at most `max`. */
  next(max: number): Chunk | undefined {
    for (let lane; (lane = this.#first());) {
      const chunk = lane.returned.shift();
      if (chunk) return chunk.items.length <= max ? chunk : split(lane, chunk, max);
      const taken = takeFrom(lane, max);
      if (taken) return taken;
    }
    return undefined;
  }

  /** Takes further calls that can travel with `chunk`, if such are next in line. */
  nextLike(chunk: Chunk, max: number): Chunk | undefined {
    const lane = this.#first();
    if (!lane || lane.returned.size > 0 || lane.jobs.peek()!.task !== chunk.job.task) return undefined;
    const next = this.next(max);
    if (!next || next.isLike(chunk)) return next;
    this.putBack(next);
    return undefined;
  }

  // The lane whose turn it is. Empty ones go, so that any number of priorities may come and go.
  #first(): PriorityLevel | undefined {
    for (let at = 0; at < this.#lanes.length;) {
      if (this.#lanes[at].ready) return this.#lanes[at];
      if (this.#lanes[at].priority === 0) at++;
      else this.#lanes.splice(at, 1);
    }
    return undefined;
  }

  #lane(priority: number): PriorityLevel {
    let at = 0;
    while (at < this.#lanes.length && this.#lanes[at].priority > priority) at++;
    if (this.#lanes[at]?.priority !== priority) this.#lanes.splice(at, 0, new PriorityLevel(priority));
    return this.#lanes[at];
  }
}

function takeFrom(lane: PriorityLevel, max: number): Chunk | undefined {
  const work = lane.jobs.peek()!;
  const chunk = work.take(max);
  // Reading the input of a work runs the user's code, which may have submitted more; it cannot have changed the head.
  if (work.waiting === 0) lane.jobs.shift();
  else if (lane.jobs.size > 1) lane.jobs.push(lane.jobs.shift()!);
  return chunk;
}

function split(lane: PriorityLevel, chunk: Chunk, max: number): Chunk {
  lane.returned.unshift(new Chunk(chunk.job, chunk.first + max, chunk.items.slice(max), chunk.attempt));
  return new Chunk(chunk.job, chunk.first, chunk.items.slice(0, max), chunk.attempt);
}
