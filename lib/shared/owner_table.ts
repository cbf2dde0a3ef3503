/**
 * The table of the threads that can own a lock: one for each process, in shared memory. A lock holds the id of its owner,
 * and a waiter can see here that the owner is dead.
 *
 * ```
 * host (starts a worker)                                 worker
 *   id = owners.register()
 *   start it, with { memory: owners.memory, id }   ->    OwnerTable.join(memory, id), before any user code
 *   its port closes: the thread has ended
 *   owners.died(id)                                      others: status(id) is GONE, at their next check
 *
 *   the thread does not end although it was stopped
 *   owners.lost(id)                                      others: LOST; the thread: its next blocking call throws
 * ```
 *
 * The host reports a death, since it sees the end of a thread's port 0.4 to 8 ms after any death, and no code of the thread
 * runs after that. A thread cannot report its own death, and other threads cannot see it.
 *
 * An id is `generation << 10 | slot`. A slot is used again after a death, with the next generation, so an object that still
 * holds an old id never takes a new thread for the old one: a slot that holds another id means that the old thread is gone.
 *
 * A thread that no host registered (a `Worker` that the user started) registers itself when the first shared object reaches
 * it. It can own locks, but no host reports its death.
 *
 * The threads that a worker has started (a pool inside a task) lose their host when that worker dies: no thread sees their
 * ends any more. So the report of a death marks them as LOST, and waiters for their locks fail instead of waiting for ever.
 *
 * Any code of the process can write into the table, also hostile code: a task reaches this module and its memory, with no
 * permission too. The main thread cannot be marked: it has one id, which is alive whatever the table says, since the process
 * ends with it. A host relies on its own record of the threads that it has started, and not on the table.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { Atomics, crypto } from "../core/platform.ts";
import { OwnerStatus } from "./steps/step.ts";

const SLOTS = 1024;
const SLOT = SLOTS - 1;
// The id of the main thread in its own table. No other thread gets this slot, in any table.
const MAIN = 1;
const GENERATIONS = 1 << 20;
// A word has the status in its two high bits, 0 for alive, and the id in the others.
const ID = 0x3fffffff;
const LOST = 1 << 30;
const GONE = 1 << 31;
// After the slots: a random name, which identifies the table. The buffer cannot: each message makes a new object for the same
// memory. (Slot 0 is never used, so an id is never 0.)
const NAME_WORDS = 4;
// After the name: for each slot, the id of the thread's host; 0 if the thread registered itself.
const HOSTS = SLOTS + NAME_WORDS;
const BYTES = (HOSTS + SLOTS) * 4;

/** A table that this isolate is in. Plain data, since several copies of this library share it. */
interface Membership {
  readonly memory: SharedArrayBuffer;
  /** The id of this thread. */
  readonly me: number;
}

/** The tables that this isolate is in, by name. */
interface Memberships {
  /** Name of the table of this thread's own host or process. */
  local: string | undefined;
  /** Whether this isolate has ever had a shared object with an owner: a lock, a queue. */
  hasTable?: boolean;
  readonly tables: Map<string, Membership>;
}

/** Whether this is the main thread. The global scope of a worker has no Window, neither in a Web Worker nor in a node thread. */
export const isMainThread: boolean = "Window" in globalThis;

const MEMBERSHIPS = Symbol.for("isopool.owners.1");

const memberships: Memberships = (globalThis as Record<symbol, unknown>)[MEMBERSHIPS] as Memberships | undefined ??
  ((globalThis as Record<symbol, unknown>)[MEMBERSHIPS] = {
    local: undefined,
    tables: new Map(),
  } satisfies Memberships);

const tables = new Map<string, OwnerTable>();

function nameOf(memory: SharedArrayBuffer): string {
  return new Int32Array(memory, SLOTS * 4, NAME_WORDS).join();
}

/** The table of threads, as this thread sees it. */
export class OwnerTable {
  /** The memory, to send to a worker. */
  readonly memory: SharedArrayBuffer;
  /** The id of this thread. */
  readonly me: number;
  readonly #words: Int32Array;
  readonly #hosts: Int32Array;
  /** Whether `me` is a worker process: this thread uses shared objects in its name (lib/remote/). */
  readonly isGuest: boolean;
  // The last thread that this one has started in each slot, and the status of that thread.
  readonly #started: Map<number, { readonly id: number; status: number }>;

  private constructor(membership: Membership, host?: OwnerTable) {
    this.memory = membership.memory;
    this.me = membership.me;
    this.isGuest = host !== undefined;
    this.#started = host === undefined ? new Map() : host.#started;
    this.#words = new Int32Array(membership.memory, 0, SLOTS);
    this.#hosts = new Int32Array(membership.memory, HOSTS * 4, SLOTS);
  }

  /** Returns this thread's own table: the one it joined, else the first that reached it, else a new one. */
  static local(): OwnerTable {
    if (memberships.local !== undefined) return OwnerTable.of(memberships.tables.get(memberships.local)!.memory);
    const memory = new SharedArrayBuffer(BYTES);
    // Two steps: getRandomValues cannot write to shared memory.
    new Int32Array(memory, SLOTS * 4).set(crypto.getRandomValues(new Int32Array(NAME_WORDS)));
    if (isMainThread) {
      new Int32Array(memory)[MAIN] = MAIN;
      OwnerTable.join(memory, MAIN);
    }
    return OwnerTable.of(memory);
  }

  /**
   * Returns the table in this memory. A thread that is not in the table yet registers itself.
   *
   * @throws {IsopoolError} If no table can have that memory.
   */
  static of(memory: SharedArrayBuffer): OwnerTable {
    if (!(memory instanceof SharedArrayBuffer) || memory.byteLength !== BYTES) {
      throw corruptMemory("receive shared object");
    }
    const name = nameOf(memory);
    const known = tables.get(name);
    if (known !== undefined) return known;
    memberships.hasTable = true;
    if (!memberships.tables.has(name)) OwnerTable.join(memory, claimSlot(new Int32Array(memory, 0, SLOTS)));
    const table = new OwnerTable(memberships.tables.get(name)!);
    tables.set(name, table);
    return table;
  }

  /** Worker: joins the table of its host under the id that the host has registered, before any user code runs. */
  static join(memory: SharedArrayBuffer, id: number): void {
    const name = nameOf(memory);
    if (!memberships.tables.has(name)) memberships.tables.set(name, { memory, me: id });
    memberships.local ??= name;
  }

  /**
   * Whether this thread may hold, or wait in, an object that other threads wait for. Code of this thread that is stopped in
   * the middle leaves that object as it was, and the thread still counts as alive.
   */
  static get hasTable(): boolean {
    return memberships.hasTable === true;
  }

  /**
   * Host: registers a thread that is about to start; returns its id.
   *
   * @throws {IsopoolError} If 1,023 threads are alive.
   */
  register(): number {
    const id = claimSlot(this.#words);
    Atomics.store(this.#hosts, id & SLOT, this.me);
    this.#started.set(id & SLOT, { id, status: OwnerStatus.ALIVE });
    return id;
  }

  /**
   * Host: registers a worker process, and returns this table as that worker sees it. What the host does with shared objects
   * opened with it counts as done by the worker: it owns its locks and items, until `died(me)`.
   *
   * @throws {IsopoolError} If 1,023 threads are alive.
   */
  guest(): OwnerTable {
    return new OwnerTable({ memory: this.memory, me: this.register() }, this);
  }

  /** Host: reports that a thread has ended and none of its code will run. Other threads can recover its locks from now on. */
  died(id: number): void {
    this.#recordStatus(id, OwnerStatus.GONE);
    this.#setStatus(id, GONE);
    this.#orphan(id);
  }

  /** Host: reports that a stopped thread may still run. No lock is ever taken from it; its next wait throws. */
  lost(id: number): void {
    this.#recordStatus(id, OwnerStatus.LOST);
    this.#setStatus(id, LOST);
  }

  /** Returns the status of a thread. */
  status(id: number): number {
    if (id === MAIN) return OwnerStatus.ALIVE;
    const started = this.#started.get(id & SLOT);
    // Of two threads in a slot, the one with the smaller id has ended before the other started.
    if (started !== undefined && id <= started.id) return id === started.id ? started.status : OwnerStatus.GONE;
    const word = Atomics.load(this.#words, id & SLOT);
    if ((word & ID) !== id || word < 0) return OwnerStatus.GONE;
    return (word & LOST) === 0 ? OwnerStatus.ALIVE : OwnerStatus.LOST;
  }

  /** The number of threads that are alive or lost. */
  get count(): number {
    return this.#words.reduce((count, word) => word > 0 ? count + 1 : count, 0);
  }

  // Marks the threads that a dead thread has started, and those that they have started, as lost.
  #orphan(host: number): void {
    for (let slot = MAIN + 1; slot < SLOTS; slot++) {
      if (Atomics.load(this.#hosts, slot) !== host) continue;
      Atomics.compareExchange(this.#hosts, slot, host, 0);
      const word = Atomics.load(this.#words, slot);
      if (word <= 0) continue;
      this.lost(word & ID);
      this.#orphan(word & ID);
    }
  }

  #recordStatus(id: number, status: number): void {
    const started = this.#started.get(id & SLOT);
    if (started?.id === id && started.status !== OwnerStatus.GONE) started.status = status;
  }

  #setStatus(id: number, status: number): void {
    const word = Atomics.load(this.#words, id & SLOT);
    // A thread that is gone stays gone, and its slot may belong to another thread by now.
    if ((word & ID) !== id || word <= 0) return;
    // Before the slot is free: the next thread in it may have no host, or another one.
    if (status === GONE) Atomics.store(this.#hosts, id & SLOT, 0);
    Atomics.compareExchange(this.#words, id & SLOT, word, id | status);
  }
}

function claimSlot(words: Int32Array): number {
  for (let slot = MAIN + 1; slot < SLOTS; slot++) {
    const word = Atomics.load(words, slot);
    if (word > 0) continue;
    const id = word === 0 ? slot : (word & ID) + SLOTS;
    // All generations of this slot are used up: the slot stays empty, so that no id stands for two threads.
    if (id >>> 10 >= GENERATIONS) continue;
    if (Atomics.compareExchange(words, slot, word, id) === word) return id;
  }
  throw new IsopoolError(
    `Cannot register thread: ${SLOTS - 1} threads are alive, which is the maximum: end a worker first`,
  );
}
