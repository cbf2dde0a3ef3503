/**
 * Memory over a long life: one pool runs a million tasks, loses a thousand workers meanwhile, and must not have grown.
 *
 *   deno task soak:memory --backend threads|scoped|process|async|cluster [--tasks N] [--losses N]
 *
 * It needs Linux, and an idle machine. It prints one line of JSON, and fails if the resident memory of the program and its
 * children has grown by more than 5 % between the second and the last fifth of the run, each as its median.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type BackendName, type Future, Pool } from "../../../mod.ts";
import { integerOf, refuse } from "../../kit/arguments.ts";
import { median } from "../../kit/statistics.ts";
import { childrenOf } from "../processes.ts";
import { BACKEND_KINDS, type BackendKind } from "./plan.ts";
import { backendAt } from "./cluster_rig.ts";
import { poolOptions, startRig } from "./round.ts";
import { own, pause } from "./work.ts";

/** Parts of the run, with a sample of memory after each. */
const BATCHES = 100;
/** Milliseconds for which Redis keeps the end of a call: with the usual hour, it grows for an hour. */
const RETENTION = 5_000;
const MIB = 1 << 20;
const PAGE = 4_096;

/** Makes a worker end. */
function loseWorker(pool: Pool<BackendName>, backend: BackendKind, mark: [string, number]): Future<unknown> {
  if (backend === "async") return pool.submit(own.never.with({ timeout: 1 }), mark);
  return pool.submit(backend === "scoped" ? own.exit : own.spin.with({ timeout: 2 }), mark);
}

function resident(pid: number): number {
  try {
    return Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]) * PAGE;
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof Deno.errors.NotFound || String(error).includes("No such process")) return 0;
    throw error;
  }
}

async function sample(): Promise<{ own: number; children: number }> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure memory: run it with --v8-flags=--expose-gc");
  // A second collection frees what the first one made unreachable.
  gc();
  await pause(20);
  gc();
  const children = childrenOf(Deno.pid).reduce((sum, pid) => sum + resident(pid), 0);
  return { own: resident(Deno.pid), children };
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, {
    string: ["backend", "tasks", "losses"],
    unknown: (arg: string) => refuse(`No such option: ${arg}`),
  });
  const backend = args.backend as BackendKind;
  if (!BACKEND_KINDS.includes(backend)) {
    refuse(`--backend is ${backend}: it takes ${BACKEND_KINDS.join(", ")}`);
  }
  const [tasks, losses] = [integerOf("--tasks", args.tasks, 1e6), integerOf("--losses", args.losses, 1_000)];
  await using rig = backend === "cluster" ? await startRig() : undefined;
  const folder = await Deno.makeTempDir({ prefix: "isopool-memory-" });
  const options = { workers: 2, concurrencyPerWorker: 1, killGrace: 1, maxTasksPerWorker: Infinity, memoryLimit: 0 };
  const start = performance.now();
  const samples: { own: number; children: number }[] = [];
  let failed = 0;
  {
    await using pool: Pool<BackendName> = new Pool(
      poolOptions({ backend, folder, cluster: rig && backendAt(rig.address, RETENTION) }, options),
    );
    for (let batch = 0; batch < BATCHES; batch++) {
      const numbers = Array.from({ length: tasks / BATCHES }, (_, n) => n);
      const results = await pool.map(own.value, numbers);
      if (results.length !== numbers.length) throw new Error(`${results.length} results of ${numbers.length} calls`);
      const lost = Array.from(
        { length: losses / BATCHES },
        () => loseWorker(pool, backend, [`${folder}/starts`, batch]),
      );
      for (const future of lost) if (await future.exception() !== undefined) failed++;
      // Each sample has workers that have just started.
      await pool.map(own.value, [1, 2, 3, 4]);
      samples.push(await sample());
    }
  }
  await Deno.remove(folder, { recursive: true });
  const fifth = BATCHES / 5;
  const grows = (of: (each: { own: number; children: number }) => number) => {
    const [before, after] = [samples.slice(fifth, 2 * fifth), samples.slice(-fifth)].map((part) =>
      median(part.map(of))
    );
    return { before: Math.round(before / MIB), after: Math.round(after / MIB), growth: after / before - 1 };
  };
  const [all, program] = [grows(({ own, children }) => own + children), grows(({ own }) => own)];
  const seconds = Math.round((performance.now() - start) / 1_000);
  console.log(JSON.stringify({ backend, tasks, losses: failed, all, program, seconds }));
  // Not `exit()`, which would leave Redis behind.
  if (all.growth > 0.05 || program.growth > 0.05 || failed !== losses) Deno.exitCode = 1;
}
