/**
 * The faults of a round that come from outside of its calls.
 *
 * @module
 */
import { childrenOf } from "../processes.ts";
import type { ClusterRig } from "./cluster_rig.ts";
import type { BackendKind, FaultKind, FaultPlan, Plan } from "./plan.ts";
import { pause, type RoundContext } from "./work.ts";

/** What faults are injected into. */
export interface Target {
  readonly context: RoundContext;
  readonly rig: ClusterRig | undefined;
  /** The file with the system's time, for the library that fakes it. */
  readonly clock: string | undefined;
}

type Injector = (fault: FaultPlan, target: Target) => Promise<void> | void;

/** Injects a fault when its time has come; resolves when it is over. */
export async function inject(plan: FaultPlan, target: Target): Promise<void> {
  await pause(plan.at);
  await INJECTORS[plan.kind](plan, target);
}

/** Maximum number of calls that the faults of a plan may end although the calls themselves have done no harm. */
export function lossesOf(backend: BackendKind, { pool, work, faults }: Plan): number {
  const neighbours = pool.concurrencyPerWorker - 1;
  const stops = work.reduce((sum, { kind, size }) => {
    if (kind === "never" || kind === "spin" || kind === "exit" || kind === "uncaught") return sum + 1 + size % 3;
    if (kind === "dying") return sum + 2 * (1 + size % 3);
    if (kind === "memory") return sum + 1;
    // Cancelled by force when they do not heed their signal.
    if (kind === "cancel" || kind === "group" || kind === "left") return sum + size;
    return sum;
  }, 0);
  const kills = faults.reduce((sum, { kind }) => {
    if (kind === "killProcess") return sum + pool.concurrencyPerWorker;
    if (kind === "killRedis") return Infinity;
    if (kind === "killHost" || kind === "freezeHost") return sum + HOST_CALLS;
    return sum;
  }, 0);
  return backend === "cluster" ? kills : kills + stops * neighbours;
}

/** Descriptors that remain when they run out: fewer than a worker needs. */
const SPARE_DESCRIPTORS = 4;

/** Calls that a worker host of the harness runs at a time. */
export const HOST_CALLS = 4;

function victim<T>(list: readonly T[], random: number): T | undefined {
  return list[Math.floor(random * list.length)];
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
  }
}

const INJECTORS: Record<FaultKind, Injector> = {
  blockLoop({ ms }) {
    for (const end = performance.now() + ms; performance.now() < end;);
  },
  async restart(_, { context }) {
    if (context.pool.state === "open") await context.pool.restart();
  },
  resize({ random }, { context }) {
    if (context.pool.state !== "open") return;
    try {
      context.pool.resize(2 + Math.floor(3 * random));
    } catch (error) {
      // While another fault holds all descriptors, there is no room for more workers.
      if (!(error instanceof RangeError && error.message.includes("file descriptors"))) throw error;
    }
  },
  async pause({ ms }, { context }) {
    if (context.pool.state !== "open") return;
    context.pool.pause();
    await pause(ms);
    if (context.pool.paused) context.pool.resume();
  },
  killProcess({ random }) {
    const pid = victim(childrenOf(Deno.pid), random);
    if (pid !== undefined) signal(pid, "SIGKILL");
  },
  async freezeProcess({ random, ms }) {
    const pid = victim(childrenOf(Deno.pid), random);
    if (pid === undefined) return;
    signal(pid, "SIGSTOP");
    await pause(ms);
    signal(pid, "SIGCONT");
  },
  async killHost({ random }, { rig }) {
    await rig!.replaceHost(random);
  },
  async freezeHost({ random, ms }, { rig }) {
    const { pid } = rig!.host(random);
    signal(pid, "SIGSTOP");
    // In some rounds so long that others take it for lost.
    await pause(random < 0.1 ? 7_000 : ms);
    signal(pid, "SIGCONT");
  },
  async killRedis({ ms }, { rig }) {
    await rig!.restartRedis(ms);
  },
  async hogDescriptors({ ms }) {
    const held: Deno.FsFile[] = [];
    try {
      for (;;) held.push(Deno.openSync("/dev/null"));
    } catch (error) {
      if (!String(error).includes("os error 24")) throw error;
    }
    // Without any, the runtime itself ends the program: it reads its own stack's place from a file.
    for (const file of held.splice(0, SPARE_DESCRIPTORS)) file.close();
    await pause(ms);
    for (const file of held) file.close();
  },
  stepClock({ random }, { clock }) {
    if (clock === undefined) return;
    // Up to a month back or forth. A rename, so that no reader sees half of it.
    Deno.writeTextFileSync(`${clock}.new`, `${random < 0.5 ? "-" : "+"}${Math.floor(random * 2_592_000)}\n`);
    Deno.renameSync(`${clock}.new`, clock);
  },
  // The program that watches this one does it.
  freezeProgram() {},
};
