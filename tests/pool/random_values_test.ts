/**
 * Random values of every kind and size there and back, many at a time, while other calls are cancelled, run out of time
 * and are killed, so that their neighbours move to other workers. Every call gives back its own value, whole. A failure
 * prints its seed: ISOPOOL_SEED runs one of them again.
 */
import { assert, assertEquals } from "@std/assert";
import { CancelledError, Pool, TaskTimeoutError } from "@isopool/isopool";
import { flow, values } from "../fixtures/views.ts";
import { test, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const RUNS = rounds(1, 3);
const STEPS = 40;

type Pick = (below: number) => number;

/** The generator Xorshift, which gives the same numbers for the same seed everywhere. */
function random(seed: number): Pick {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A value that is computed from one number, so that a test can check all of it. */
function valueOf(pick: Pick, depth = 0): unknown {
  const n = pick(1 << 16);
  switch (pick(depth > 2 ? 9 : 14)) {
    case 0:
      return n;
    case 1:
      return [undefined, null, true, false, -0, NaN, -Infinity][n % 7];
    case 2:
      return BigInt(n) ** 5n;
    case 3:
      return `text ${n}`;
    case 4:
      return "long ä text ".repeat(n % 400) + n;
    case 5:
      return `${n} \ud800 alone`;
    case 6:
      return new Date(n);
    case 7:
      return new Float64Array([n, n / 3, -n]);
    case 8:
      return new Uint8Array(n % 3_000).fill(n);
    case 9:
      return { id: n, name: `name ${n}`, at: n % 2 === 0 ? new Date(n) : undefined, nested: valueOf(pick, depth + 1) };
    case 10:
      return Array.from({ length: n % 6 }, () => valueOf(pick, depth + 1));
    case 11:
      return new Map([[n, valueOf(pick, depth + 1)]]);
    case 12:
      return new Set([n, `${n}`]);
    default:
      // Sometimes a value that is too big for a ring buffer.
      return depth > 0 ? n : new Uint8Array(n % 9 === 0 ? 1_100_000 : n * 4).fill(n);
  }
}

function same(actual: unknown, expected: unknown): void {
  // Faster than looking for the first difference.
  if (expected instanceof Uint8Array && expected.length > 5_000) {
    const isBytes = actual instanceof Uint8Array && actual.length === expected.length;
    assert(isBytes && actual.every((byte) => byte === expected[0]));
  } else assertEquals(actual, expected);
}

class Program {
  readonly #pool: Pool;
  readonly #pick: Pick;
  #next = 0;

  constructor(pool: Pool, pick: Pick) {
    this.#pool = pool;
    this.#pick = pick;
  }

  async run(): Promise<void> {
    const steps: Promise<void>[] = [];
    for (let n = 0; n < STEPS; n++) {
      const pick = this.#pick;
      steps.push(
        [this.#calls, this.#calls, this.#map, this.#starmap, this.#flood, this.#cancelled, this.#killed][pick(7)].call(
          this,
        ),
      );
      if (pick(4) === 0) await Promise.allSettled(steps.splice(0, pick(5)));
    }
    await Promise.all(steps);
  }

  async #calls(): Promise<void> {
    await Promise.all(Array.from({ length: 1 + this.#pick(60) }, async () => {
      const id = this.#next++;
      const args = Array.from({ length: this.#pick(4) }, () => valueOf(this.#pick));
      if (this.#pick(3) === 0) {
        const task = this.#pick(2) === 0 ? flow.second : flow.second.with({ timeout: 60_000 });
        same(await this.#pool.submit(task, id, args[0]), args[0]);
        return;
      }
      const result = await this.#pool.submit(flow.tagged, id, ...args);
      assertEquals(result.id, id);
      args.forEach((arg, i) => same(result.values[i], arg));
    }));
  }

  // More values than a ring buffer can hold, so that it is filled and reused.
  async #flood(): Promise<void> {
    await Promise.all(Array.from({ length: 30 }, async () => {
      const bytes = new Uint8Array(200_000 + this.#pick(800_000)).fill(this.#next);
      same(await this.#pool.submit(flow.second, this.#next++, bytes), bytes);
    }));
  }

  async #map(): Promise<void> {
    const items = Array.from({ length: this.#pick(300) }, () => valueOf(this.#pick));
    const results = await this.#pool.map(values.echo, items);
    results.forEach((result, i) => same(result, items[i]));
    assertEquals(results.length, items.length);
  }

  async #starmap(): Promise<void> {
    const lists = Array.from(
      { length: this.#pick(200) },
      () => [this.#next++, valueOf(this.#pick)] as [number, unknown],
    );
    const results = await this.#pool.starmap(flow.second, lists);
    results.forEach((result, i) => same(result, lists[i][1]));
    assertEquals(results.length, lists.length);
  }

  async #cancelled(): Promise<void> {
    const args = Array.from({ length: 1 + this.#pick(40) }, () => valueOf(this.#pick));
    const futures = args.map((value) => this.#pool.submit(flow.second, this.#next++, value));
    for (const future of futures) if (this.#pick(2) === 0) future.cancel(undefined, { force: false });
    const ends = await Promise.allSettled(futures);
    ends.forEach((end, i) => {
      if (end.status === "fulfilled") same(end.value, args[i]);
      else assert(end.reason instanceof CancelledError, String(end.reason));
    });
  }

  async #killed(): Promise<void> {
    const spins = flow.spin.with({ timeout: 1 + this.#pick(30) });
    const error = await this.#pool.submit(spins, this.#next++, valueOf(this.#pick)).exception();
    assert(error instanceof TaskTimeoutError, String(error));
  }
}

const given = Deno.env.get("ISOPOOL_SEED");
const seeds = given === undefined
  ? Array.from({ length: RUNS }, () => crypto.getRandomValues(new Uint32Array(1))[0])
  : [Number(given)];
for (const engine of ["threads", "scoped workers"]) {
  for (const [run, seed] of seeds.entries()) {
    test(
      `${engine}: random values, kills among them, program ${run + 1}: each call has its own (bound: 60 s)`,
      async () => {
        const pick = random(seed);
        const workers = 1 + pick(3);
        const scope = engine === "threads" ? {} : { permissions: "none" as const };
        try {
          const pool = new Pool({ workers, killGrace: 5, ...scope });
          await within(60_000, new Program(pool, pick).run(), "the program");
          await within(10_000, pool[Symbol.asyncDispose](), "the pool's end");
        } catch (error) {
          throw new Error(`seed ${seed}, ${workers} workers`, { cause: error });
        }
      },
      { deadline: 80_000 },
    );
  }
}
