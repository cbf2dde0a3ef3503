/**
 * What waits for a worker: first the chunks that a worker gave back, then the works in the order they came.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { Chunk, type TaskEntry, type Work } from "./work.ts";

/** The waiting line of one pool. */
export class Backlog {
  readonly #returned = new Deque<Chunk>();
  readonly #works = new Deque<Work>();

  /** Adds a work at the tail. */
  push(work: Work): void {
    this.#works.push(work);
  }

  /** Puts calls that never started back at the head. */
  putBack(chunk: Chunk): void {
    this.#returned.unshift(chunk);
  }

  /** About how many calls wait; a map that is next in line counts with all it has. */
  get size(): number {
    return this.#returned.size + this.#works.size + (this.#works.peek()?.waiting ?? 0);
  }

  /** How many calls wait, at most `max`. */
  demand(max: number): number {
    let found = 0;
    for (const chunk of this.#returned) if ((found += chunk.work.over ? 0 : chunk.items.length) >= max) return max;
    for (const work of this.#works) if ((found += work.waiting) >= max) return max;
    return found;
  }

  /** Takes out the returned chunks of a work. */
  remove(work: Work): Chunk[] {
    const removed: Chunk[] = [];
    for (let left = this.#returned.size; left > 0; left--) {
      const chunk = this.#returned.shift()!;
      if (chunk.work === work) removed.push(chunk);
      else this.#returned.push(chunk);
    }
    return removed;
  }

  /** The task that is next in line. */
  nextTask(): TaskEntry | undefined {
    for (let chunk; (chunk = this.#returned.peek()); this.#returned.shift()) {
      if (!chunk.work.over && chunk.open > 0) return chunk.work.task;
    }
    for (let work; (work = this.#works.peek()); this.#works.shift()) if (work.waiting > 0) return work.task;
    return undefined;
  }

  /** Takes the next calls, at most `max`. */
  next(max: number): Chunk | undefined {
    for (let chunk; (chunk = this.#returned.shift());) {
      if (!chunk.work.over && chunk.open > 0) return chunk.items.length <= max ? chunk : this.#split(chunk, max);
    }
    for (let work; (work = this.#works.peek());) {
      const chunk = work.waiting > 0 ? work.take(max) : undefined;
      // Reading the input of a work runs the user's code, which may have submitted more; it cannot have changed the head.
      if (work.waiting === 0) this.#works.shift();
      if (chunk) return chunk;
    }
    return undefined;
  }

  /** Takes further calls that can travel with `chunk`, if such are next in line. */
  nextLike(chunk: Chunk, max: number): Chunk | undefined {
    if (this.#returned.size > 0) return undefined;
    const work = this.#works.peek();
    if (!work || work.task !== chunk.work.task) return undefined;
    const next = this.next(max);
    if (!next || next.isLike(chunk)) return next;
    this.putBack(next);
    return undefined;
  }

  #split(chunk: Chunk, max: number): Chunk {
    this.#returned.unshift(new Chunk(chunk.work, chunk.first + max, chunk.items.slice(max), chunk.attempt));
    return new Chunk(chunk.work, chunk.first, chunk.items.slice(0, max), chunk.attempt);
  }
}
