/**
 * `Backlog`: what waits to be sent, the highest priority first. Within a priority, chunks that a worker gave back come
 * first, then the jobs in turn: a job that has more calls goes to the tail after each chunk, so that a long map does not
 * hold up the jobs behind it. A priority that waits for higher ones for too long gets a turn (priority_aging.ts).
 *
 * ```
 * priority 5:  returned [chunk]   jobs [submit]
 * priority 0:  returned []        jobs [map, submit, submit, ...]
 *                                        ^ gives a chunk, then goes to the tail
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { Chunk, type Job, type TaskEntry } from "./job.ts";
import { type AgingLevel, PriorityAging } from "./priority_aging.ts";

/** What waits with one priority. */
class PriorityLevel implements AgingLevel {
  passedOverSince = 0;
  readonly returned = new Deque<Chunk>();
  readonly jobs = new Deque<Job>();

  constructor(readonly priority: number) {}

  // Drops what has no calls any more from the head, and returns whether anything is left.
  get ready(): boolean {
    for (let chunk; (chunk = this.returned.peek()); this.returned.shift()) {
      if (!chunk.job.isOver && chunk.open > 0) return true;
    }
    for (let job; (job = this.jobs.peek()); this.jobs.shift()) if (job.waiting > 0) return true;
    return false;
  }
}

/** The backlog of a pool, or of one worker (its bound backlog). */
export class Backlog {
  // Highest priority first. Level 0, which nearly all jobs use, is never removed.
  readonly #levels: PriorityLevel[] = [new PriorityLevel(0)];
  readonly #aging: PriorityAging<PriorityLevel>;

  /** @param aging Maximum milliseconds for which calls of a higher priority hold up those of a lower one. */
  constructor(aging = Infinity) {
    this.#aging = new PriorityAging(aging);
  }

  /** Adds a job at the tail. */
  push(job: Job): void {
    this.#level(job.priority).jobs.push(job);
  }

  /** Puts calls that never started back at the head. */
  putBack(chunk: Chunk): void {
    this.#level(chunk.job.priority).returned.unshift(chunk);
  }

  /** About how many calls wait: of each priority, only the first job counts with all of its calls, every other as one. */
  get size(): number {
    let size = 0;
    for (const { returned, jobs } of this.#levels) size += returned.size + jobs.size + (jobs.peek()?.waiting ?? 1) - 1;
    return size;
  }

  /** Priority of the next call; `-Infinity` if none waits, `Infinity` for one whose turn comes by its age. */
  get priority(): number {
    const level = this.#first();
    return level === undefined ? -Infinity : this.#aging.isDue(level) ? Infinity : level.priority;
  }

  /** How many calls wait, at most `max`. */
  demand(max: number): number {
    let found = 0;
    for (const { returned, jobs } of this.#levels) {
      // An iterator takes longer than the rest of a pump: mostly nothing is left.
      if (returned.size + jobs.size === 0) continue;
      for (const chunk of returned) if ((found += chunk.job.isOver ? 0 : chunk.items.length) >= max) return max;
      for (const job of jobs) if ((found += job.waiting) >= max) return max;
    }
    return found;
  }

  /** Takes out the returned chunks of a job. */
  remove(job: Job): Chunk[] {
    const removed: Chunk[] = [];
    for (const { returned } of this.#levels) {
      for (let left = returned.size; left > 0; left--) {
        const chunk = returned.shift()!;
        if (chunk.job === job) removed.push(chunk);
        else returned.push(chunk);
      }
    }
    return removed;
  }

  /** Takes one call of a job out of the chunks that came back; `undefined` if none of them has it. */
  takeOut(job: Job, index: number): { item: unknown } | undefined {
    let found: { item: unknown } | undefined;
    for (const { returned } of this.#levels) {
      for (let left = returned.size; left > 0; left--) {
        const chunk = returned.shift()!;
        if (chunk.job !== job || !chunk.has(index)) {
          returned.push(chunk);
          continue;
        }
        const { first, items, attempt } = chunk;
        found = { item: items[index - first] };
        const before = items.slice(0, index - first);
        const after = items.slice(index - first + 1);
        if (before.length > 0) returned.push(new Chunk(job, first, before, attempt));
        if (after.length > 0) returned.push(new Chunk(job, index + 1, after, attempt));
      }
    }
    return found;
  }

  /** Hands everything to `target`, which finds a backlog for it. */
  moveTo(target: { enqueue(job: Job): void; putBack(chunk: Chunk): void }): void {
    const levels = this.#levels.splice(0, Infinity, new PriorityLevel(0));
    for (const { jobs } of levels) for (const job of jobs) target.enqueue(job);
    const returned = levels.flatMap(({ returned }) => [...returned]);
    for (const chunk of returned.reverse()) target.putBack(chunk); // Each goes to the head.
  }

  /** The task of the next call. */
  nextTask(): TaskEntry | undefined {
    const level = this.#first();
    return level && (level.returned.peek()?.job ?? level.jobs.peek()!).task;
  }

  /** Takes the next calls, at most `max`. */
  next(max: number): Chunk | undefined {
    for (let level; (level = this.#first());) {
      this.#aging.served(level);
      const chunk = level.returned.shift();
      if (chunk) return chunk.items.length <= max ? chunk : split(level, chunk, max);
      const taken = takeFrom(level, max);
      if (taken) return taken;
    }
    return undefined;
  }

  /** Takes further calls, at most `max`, if the next ones can travel in one batch with `chunk`. */
  nextLike(chunk: Chunk, max: number): Chunk | undefined {
    const level = this.#first();
    if (!level || level.returned.size > 0 || level.jobs.peek()!.task !== chunk.job.task) return undefined;
    const next = this.next(max);
    if (!next || next.isLike(chunk)) return next;
    this.putBack(next);
    return undefined;
  }

  // The level that is next. Empty levels before it are removed, so that priorities which are no longer used cost nothing.
  #first(): PriorityLevel | undefined {
    for (let at = 0; at < this.#levels.length;) {
      const level = this.#levels[at];
      if (level.ready) return at === this.#levels.length - 1 ? level : this.#aging.choose(this.#levels, level);
      if (this.#levels[at].priority === 0) at++;
      else this.#levels.splice(at, 1);
    }
    return undefined;
  }

  #level(priority: number): PriorityLevel {
    let at = 0;
    while (at < this.#levels.length && this.#levels[at].priority > priority) at++;
    if (this.#levels[at]?.priority !== priority) this.#levels.splice(at, 0, new PriorityLevel(priority));
    return this.#levels[at];
  }
}

function takeFrom(level: PriorityLevel, max: number): Chunk | undefined {
  const job = level.jobs.peek()!;
  const chunk = job.take(max);
  // `take` reads the input of a map, which runs the user's code. That may submit more, but cannot change the head.
  if (job.waiting === 0) level.jobs.shift();
  else if (level.jobs.size > 1) level.jobs.push(level.jobs.shift()!);
  return chunk;
}

function split(level: PriorityLevel, chunk: Chunk, max: number): Chunk {
  level.returned.unshift(new Chunk(chunk.job, chunk.first + max, chunk.items.slice(max), chunk.attempt));
  return new Chunk(chunk.job, chunk.first, chunk.items.slice(0, max), chunk.attempt);
}
