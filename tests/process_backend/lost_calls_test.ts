/**
 * Which calls a worker process takes along when it dies: those that it had started. The tests stop a process by a signal,
 * so that it starts nothing, or kill it at random moments, and count runs in a file.
 */
import { assert, assertEquals } from "@std/assert";
import { CancelledError, Pool, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, test, timed, until, within } from "../support/within.ts";
import { childrenOf, lives, own } from "./kit.ts";
import { rounds } from "../support/rounds.ts";

const linux = { ignore: !onLinux };

/** A pool of one process, which is stopped (SIGSTOP) as soon as it is idle. */
async function frozen(options: { killGrace?: number } = {}): Promise<{ pool: Pool<"process">; pid: number }> {
  const pool = new Pool({ backend: "process", workers: 1, ...options });
  await pool.submit(own.surroundings);
  const [pid] = childrenOf(Deno.pid);
  Deno.kill(pid, "SIGSTOP");
  await until(() => stateOf(pid) === "T", "the process stands still");
  return { pool, pid };
}

function stateOf(pid: number): string {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2)[0];
}

const runsIn = (file: string): number[] => Deno.readTextFileSync(file).split("\n").filter(Boolean).map(Number);

test(
  "a call that was sent to a process which dies before it starts it runs elsewhere, once, without retry",
  async () => {
    const file = Deno.makeTempFileSync();
    const { pool, pid } = await frozen();
    await using _ = pool;
    const future = pool.submit(own.mark, file, 7);
    await until(() => pool.stats().tasks.active === 1, "it was sent");
    Deno.kill(pid, "SIGKILL");
    assertEquals(await within(MUST_HAPPEN, future.result()), 7);
    assertEquals(runsIn(file), [7]);
    Deno.removeSync(file);
  },
  linux,
);

for (const concurrencyPerWorker of [1, 2]) {
  test(
    `a process of ${concurrencyPerWorker} calls at a time that stands still holds one call: what was sent to it cannot be taken back`,
    async () => {
      await using pool = new Pool({ backend: "process", workers: 2, concurrencyPerWorker });
      await pool.ready();
      await pool.map(own.sizeOf, [new Uint8Array(1), new Uint8Array(2)]);
      const [pid] = childrenOf(Deno.pid);
      Deno.kill(pid, "SIGSTOP");
      await until(() => stateOf(pid) === "T", "the process stands still");
      const futures = range(6).map((n) => pool.submit(own.sizeOf, new Uint8Array(n)));
      await until(() => futures.filter(({ state }) => state === "finished").length === 5, "the other one runs five");
      assertEquals(stateOf(pid), "T");
      Deno.kill(pid, "SIGCONT");
      assertEquals(await Promise.all(futures), range(6));
    },
    linux,
  );
}

test("a call with an argument of 2 MB is lost with the process that may have died of reading it", async () => {
  const { pool, pid } = await frozen();
  await using _ = pool;
  const future = pool.submit(own.sizeOf, new Uint8Array(2 ** 21));
  await until(() => pool.stats().tasks.active === 1, "it was sent");
  Deno.kill(pid, "SIGKILL");
  const error = await within(MUST_HAPPEN, future.exception());
  assert(error instanceof WorkerCrashedError, String(error));
  assertEquals(await pool.submit(own.sizeOf, new Uint8Array(2 ** 21)), 2 ** 21);
}, linux);

for (const how of ["cancel()", "its timeout", "terminate()"] as const) {
  test(`a call that ${how} stops does not run elsewhere when its process dies before it starts it`, async () => {
    const file = Deno.makeTempFileSync();
    const { pool, pid } = await frozen({ killGrace: 100 });
    await using _ = pool;
    const future = pool.submit(how === "its timeout" ? own.mark.with({ timeout: 50 }) : own.mark, file, 1);
    await until(() => pool.stats().tasks.active === 1, "it was sent");
    if (how === "cancel()") assert(future.cancel());
    const ended = how === "terminate()" ? pool.terminate() : undefined;
    const { error } = await timed(within(MUST_HAPPEN, future.result()));
    assert(error instanceof (how === "its timeout" ? TaskTimeoutError : CancelledError), String(error));
    await within<unknown>(MUST_HAPPEN, ended ?? pool.submit(own.mark, file, 2).result());
    assert(!lives(pid), "its process was killed");
    assertEquals(runsIn(file), how === "terminate()" ? [] : [2]);
    Deno.removeSync(file);
  }, linux);
}

const KILLS = rounds(12, 40);

test(`${KILLS} kills at random moments: what was not started is not lost, and nothing runs twice`, async () => {
  const file = Deno.makeTempFileSync();
  const [done, lost] = [new Set<number>(), new Set<number>()];
  let isOver = false;
  {
    await using pool = new Pool({ backend: "process", workers: 2, concurrencyPerWorker: 2 });
    const submitted: Promise<void>[] = [];
    const feed = async () => {
      for (let id = 0; !isOver; id++) {
        const future = pool.submit(own.mark, file, id);
        submitted.push(
          future.result().then(() => void done.add(id), (error: unknown) => {
            assert(error instanceof WorkerCrashedError, String(error));
            lost.add(id);
          }),
        );
        if (id % 8 === 7) await future.exception();
      }
    };
    const feeding = feed();
    for (let kills = 0; kills < KILLS; kills++) {
      const before = done.size;
      await until(() => done.size > before, "calls go on");
      await pause(Math.random() * 5);
      const children = childrenOf(Deno.pid);
      const victim = children[Math.floor(Math.random() * children.length)];
      if (victim !== undefined) Deno.kill(victim, "SIGKILL");
    }
    isOver = true;
    await within(MUST_HAPPEN, feeding);
    await within(MUST_HAPPEN, Promise.all(submitted));
  }
  const runs = runsIn(file);
  assertEquals(runs.length, new Set(runs).size, "nothing has run twice");
  assert([...done].every((id) => runs.includes(id)), "what is done has run");
  // A process runs one `mark` at a time, so it takes along one at most.
  assert(lost.size <= KILLS, `${lost.size} lost by ${KILLS} kills`);
  Deno.removeSync(file);
}, { ...linux, deadline: 120_000 });

test(
  "a kill among short calls, when calls go through the memory file: a call runs once at most, and one that has not started runs elsewhere",
  async () => {
    const file = Deno.makeTempFileSync();
    await using pool = new Pool({ backend: "process", workers: 1 });
    let lost = 0;
    for (let n = 0; n < rounds(20, 400); n++) {
      for (let i = 0; i < 100; i++) assertEquals(await pool.submit(own.echo, i), i);
      const [pid] = childrenOf(Deno.pid);
      const call = pool.submit(own.mark, file, n);
      for (let turn = 0; turn < n % 5; turn++) await Promise.resolve();
      if (n % 2 === 1) await new Promise<void>((done) => setImmediate(done));
      Deno.kill(pid, "SIGKILL");
      const error = await within(MUST_HAPPEN, call.exception());
      const runs = runsIn(file).filter((id) => id === n).length;
      if (error === undefined) assertEquals(runs, 1, `call ${n}`);
      else {
        assert(error instanceof WorkerCrashedError, String(error));
        assert(runs <= 1, `call ${n} ran ${runs} times`);
        lost++;
      }
    }
    assert(lost < rounds(20, 400), "some calls succeed");
    Deno.removeSync(file);
  },
  { ...linux, deadline: 300_000 },
);

test("a time limit stops a spinning call that came among short calls (bound: 10 s)", async () => {
  const folder = Deno.makeTempDirSync();
  await using pool = new Pool({ backend: "process", workers: 1, killGrace: 10 });
  for (let i = 0; i < 300; i++) assertEquals(await pool.submit(own.echo, i), i);
  const spinning = pool.submit(own.reportAndSpin.with({ timeout: 200 }), `${folder}/spins`);
  const { ms, error } = await timed(within(MUST_HAPPEN, spinning.result()));
  assert(error instanceof TaskTimeoutError, String(error));
  assert(ms >= 190 && ms < 10_000, `${ms} ms`);
  assert(Deno.statSync(`${folder}/spins`).isFile);
  assertEquals(await pool.submit(own.echo, "next"), "next");
  Deno.removeSync(folder, { recursive: true });
});
