/**
 * Random programs of submits, maps, imaps, streams, cancellations and priorities, on pools of random shapes, against a
 * sequential model: every result is right, and every call that was not cancelled has run exactly once. Each run has new
 * seeds, which a failure prints: ISOPOOL_SEED runs one of them again.
 */
import { assert, assertEquals } from "@std/assert";
import { CancelledError, Pool } from "@isopool/isopool";
import type { AnyPool } from "../contract/backend.ts";
import { mixed } from "../fixtures/views.ts";
import { test, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const RUNS = rounds(2, 10);
const STEPS = 60;
/** Maximum number of calls of one program. */
const IDS = 60_000;

/** The generator Mulberry32, which gives the same numbers for the same seed everywhere. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

class Program {
  /** How often each call has run. */
  readonly runs = new Uint8Array(new SharedArrayBuffer(IDS));
  readonly #pool: AnyPool;
  readonly #pick: (below: number) => number;
  #next = 0;

  constructor(pool: AnyPool, pick: (below: number) => number) {
    this.#pool = pool;
    this.#pick = pick;
  }

  /** Calls that were made; the runs of all others must be none. */
  get made(): number {
    return this.#next;
  }

  async run(): Promise<void> {
    const pick = this.#pick;
    const steps: Promise<void>[] = [];
    for (let n = 0; n < STEPS; n++) {
      steps.push([this.#call, this.#map, this.#imap, this.#left, this.#stream, this.#cancelled][pick(6)].call(this));
      if (pick(5) === 0) await new Promise((resolve) => setTimeout(resolve, pick(4)));
    }
    await Promise.all(steps);
  }

  #ids(count: number): number[] {
    const first = this.#next;
    this.#next += count;
    return Array.from({ length: count }, (_, n) => first + n);
  }

  // A random way to run: a number, an object, an await, a failure; at random urgency.
  #task() {
    const { [this.#pick(2) === 0 ? "quick" : "slow"]: task } = mixed;
    const withKey = this.#pick(8) === 0 ? task.with({ affinityKey: this.#pick(3) }) : task;
    return this.#pick(3) === 0 ? withKey.with({ priority: this.#pick(5) - 2 }) : withKey;
  }

  #once(ids: number[], least = 1): void {
    for (const id of ids) assert(this.runs[id] <= 1 && this.runs[id] >= least, `call ${id} ran ${this.runs[id]} times`);
  }

  async #call(): Promise<void> {
    const ids = this.#ids(1 + this.#pick(20));
    const ends = await Promise.allSettled(ids.map((id) => this.#pool.submit(this.#task(), { id, runs: this.runs })));
    assertEquals(ends.map(seen), ids.map(model));
    this.#once(ids);
  }

  async #map(): Promise<void> {
    const ids = this.#ids(this.#pick(200));
    const items = ids.map((id) => ({ id, runs: this.runs }));
    const chunkSize = this.#pick(2) === 0 ? "auto" : 1 + this.#pick(9);
    const ends = await this.#pool.map(this.#task(), items, { onError: "settle", chunkSize });
    assertEquals(ends.map(seen), ids.map(model));
    this.#once(ids);
  }

  async #imap(): Promise<void> {
    const ids = this.#ids(this.#pick(100));
    const items = ids.map((id) => ({ id, runs: this.runs }));
    const ordered = this.#pick(2) === 0;
    const ends: unknown[] = [];
    const buffer = 1 + this.#pick(10);
    const results = this.#pool.imap(this.#task(), items, { onError: "settle", ordered, buffer });
    for await (const end of results) ends.push(seen(end));
    const expected: unknown[] = ids.map(model);
    assertEquals(ordered ? ends : ends.toSorted(), ordered ? expected : expected.toSorted());
    this.#once(ids);
  }

  async #left(): Promise<void> {
    const ids = this.#ids(1 + this.#pick(60));
    const items = ids.map((id) => ({ id, runs: this.runs }));
    const leave = this.#pick(ids.length);
    const ends: unknown[] = [];
    for await (const end of this.#pool.imap(this.#task(), items, { onError: "settle" })) {
      ends.push(seen(end));
      if (ends.length > leave) break;
    }
    assertEquals(ends, ids.slice(0, leave + 1).map(model));
    this.#once(ids.slice(0, leave + 1));
    this.#once(ids, 0);
  }

  async #stream(): Promise<void> {
    const ids = this.#ids(1 + this.#pick(60));
    const leave = this.#pick(2) === 0 ? Infinity : this.#pick(ids.length);
    const items: number[] = [];
    for await (const id of this.#pool.stream(mixed.stream, ids[0], ids.length, this.runs)) {
      items.push(id);
      if (items.length > leave) break;
    }
    assertEquals(items, ids.slice(0, leave + 1));
    this.#once(ids.slice(0, leave + 1));
    this.#once(ids, 0);
  }

  async #cancelled(): Promise<void> {
    const ids = this.#ids(1 + this.#pick(30));
    const futures = ids.map((id) => this.#pool.submit(this.#task(), { id, runs: this.runs }));
    if (this.#pick(2) === 0) await new Promise((resolve) => setTimeout(resolve, this.#pick(3)));
    // Running calls only get the signal: a forced stop would lose the concurrent calls of their worker.
    for (const future of futures) if (this.#pick(2) === 0) future.cancel(undefined, { force: false });
    const ends = await Promise.allSettled(futures);
    ends.forEach((end, n) => {
      const cancelled = futures[n].state === "cancelled";
      if (cancelled) assert(end.status === "rejected" && end.reason instanceof CancelledError);
      else assertEquals(seen(end), model(ids[n]));
      assertEquals(this.runs[ids[n]], cancelled ? 0 : 1);
    });
  }
}

/** The expected end of a call. */
function model(id: number): string {
  return id % 11 === 3 ? `RangeError: ${id}` : String(id * 3);
}

function seen(end: PromiseSettledResult<unknown>): string {
  if (end.status === "rejected") return String(end.reason);
  return String(typeof end.value === "object" ? (end.value as { value: number }).value : end.value);
}

for (const backend of ["async", "worker"] as const) {
  const given = Deno.env.get("ISOPOOL_SEED");
  const seeds = given === undefined
    ? Array.from({ length: RUNS }, () => crypto.getRandomValues(new Uint32Array(1))[0])
    : [Number(given)];
  for (const [run, seed] of seeds.entries()) {
    test(`${backend}: random program ${run + 1} equals its sequential model`, async () => {
      const pick = random(seed);
      const shape = { backend, workers: 1 + pick(3), concurrencyPerWorker: pick(2) === 0 ? 1 : 1 + pick(4) };
      try {
        const pool = new Pool(shape) as unknown as AnyPool;
        const program = new Program(pool, pick);
        await within(60_000, program.run(), "the program");
        await within(10_000, pool[Symbol.asyncDispose](), "the pool's end");
        assertEquals(program.runs.subarray(program.made).findIndex((count) => count > 0), -1);
      } catch (error) {
        throw new Error(`seed ${seed}, ${Deno.inspect(shape)}`, { cause: error });
      }
    }, { deadline: 80_000 });
  }
}
