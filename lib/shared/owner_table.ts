/**
 * Which threads there are: one table for the process, in shared memory, so that a lock can say who holds it and a waiter
 * can see that the holder is dead.
 *
 * ```
 * host (starts a worker)                                 worker
 *   id = owners.register()
 *   start it, with { memory: owners.memory, id }   ->    Owners.introduce(memory, id), before any user code
 *   its port closes: it has ended
 *   owners.died(id)                                      others: standing(id) is GONE, within their next look
 *
 *   it does not end although it was stopped
 *   owners.lost(id)                                      others: LOST; itself: its next blocking call throws
 * ```
 *
 * Why the host: it sees the end of a thread's port 0.4 to 8 ms after any death, and nothing of the thread runs after
 * that. A thread cannot say that it is dead, nor can another one see it.
 *
 * An id is `generation << 10 | place`. A place is used again after a death, with the next generation, so an object that
 * still names an old id never takes a new thread for it: a place that holds another id means that the old one is gone.
 *
 * A thread that nobody introduced (a `Worker` of the user's own) registers itself when the first shared object reaches
 * it. It takes part; nobody will notice its death.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { OwnerStatus } from "./steps/step.ts";

const PLACES = 1024;
const PLACE = PLACES - 1;
const GENERATIONS = 1 << 20;
// A word: the standing in the two high bits, counted so that 0 is alive, and the id in the others.
const ID = 0x3fffffff;
const LOST = 1 << 30;
const GONE = 1 << 31;
// Behind the places: a random name, since each message that brings the table makes another object of it. (Place 0 is
// never given away, so an id is never 0.)
const NAME_WORDS = 4;

/** What an isolate knows of one table. Plain data, since copies of this library share it. */
interface Entry {
  readonly memory: SharedArrayBuffer;
  readonly me: number;
}

interface Known {
  home: string | undefined;
  /** Whether something that names its owner was ever here: a lock, a queue. */
  owning?: boolean;
  readonly tables: Map<string, Entry>;
}

const KNOWN = Symbol.for("isopool.owners.1");

const known: Known = (globalThis as Record<symbol, unknown>)[KNOWN] as Known | undefined ??
  ((globalThis as Record<symbol, unknown>)[KNOWN] = { home: undefined, tables: new Map() } satisfies Known);

const views = new Map<string, OwnerTable>();

function nameOf(memory: SharedArrayBuffer): string {
  return new Int32Array(memory, PLACES * 4, NAME_WORDS).join();
}

/** A table of threads, as one thread sees it. */
export class OwnerTable {
  /** To hand to a worker. */
  readonly memory: SharedArrayBuffer;
  /** This thread's own id. */
  readonly me: number;
  readonly #words: Int32Array;

  private constructor(entry: Entry) {
    this.memory = entry.memory;
    this.me = entry.me;
    this.#words = new Int32Array(entry.memory, 0, PLACES);
  }

  /** This thread's own table: the one it was introduced to, else the first it met, else a new one. */
  static local(): OwnerTable {
    if (known.home !== undefined) return OwnerTable.of(known.tables.get(known.home)!.memory);
    const memory = new SharedArrayBuffer((PLACES + NAME_WORDS) * 4);
    // Two steps: random values cannot be written to shared memory.
    new Int32Array(memory, PLACES * 4).set(crypto.getRandomValues(new Int32Array(NAME_WORDS)));
    return OwnerTable.of(memory);
  }

  /** The table in this memory, whichever way it came here. A thread that is not in it yet enters itself. */
  static of(memory: SharedArrayBuffer): OwnerTable {
    const name = nameOf(memory);
    const view = views.get(name);
    if (view !== undefined) return view;
    known.owning = true;
    if (!known.tables.has(name)) OwnerTable.join(memory, enter(new Int32Array(memory, 0, PLACES)));
    const made = new OwnerTable(known.tables.get(name)!);
    views.set(name, made);
    return made;
  }

  /** Worker: tells this thread who it is. Before any user code. */
  static join(memory: SharedArrayBuffer, id: number): void {
    const name = nameOf(memory);
    if (!known.tables.has(name)) known.tables.set(name, { memory, me: id });
    known.home ??= name;
  }

  /**
   * Whether this thread may hold, or wait in, something that others wait for. Code of it that was stopped in the middle
   * has left that as it was, and would go on counting as alive.
   */
  static get hasTable(): boolean {
    return known.owning === true;
  }

  /**
   * Host: enters a thread that is about to start; gives its id.
   *
   * @throws {IsopoolError} If 1,023 threads are alive.
   */
  register(): number {
    return enter(this.#words);
  }

  /** Host: the thread has ended, and nothing of it will run. Its locks can be recovered from now on. */
  died(id: number): void {
    this.#change(id, GONE);
  }

  /** Host: the thread was given up, and may still run. Nothing is ever taken from it; it does not wait any more. */
  lost(id: number): void {
    this.#change(id, LOST);
  }

  /** How a thread stands. */
  status(id: number): number {
    const word = Atomics.load(this.#words, id & PLACE);
    if ((word & ID) !== id || word < 0) return OwnerStatus.GONE;
    return (word & LOST) === 0 ? OwnerStatus.ALIVE : OwnerStatus.LOST;
  }

  /** How many threads are alive or lost. */
  get count(): number {
    return this.#words.reduce((count, word) => word > 0 ? count + 1 : count, 0);
  }

  #change(id: number, standing: number): void {
    const word = Atomics.load(this.#words, id & PLACE);
    // One that is gone stays so; and its place may have been given away.
    if ((word & ID) === id && word > 0) Atomics.compareExchange(this.#words, id & PLACE, word, id | standing);
  }
}

function enter(words: Int32Array): number {
  for (let place = 1; place < PLACES; place++) {
    const word = Atomics.load(words, place);
    if (word > 0) continue;
    const id = word === 0 ? place : (word & ID) + PLACES;
    // Every generation of this place was used: it stays empty, rather than naming somebody twice.
    if (id >>> 10 >= GENERATIONS) continue;
    if (Atomics.compareExchange(words, place, word, id) === word) return id;
  }
  throw new IsopoolError(`Cannot register thread: ${PLACES - 1} are alive`);
}
