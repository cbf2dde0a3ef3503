/**
 * The plan of a round: which work a pool gets, which faults are injected, and when. It follows from the seed alone, so
 * that a seed replays the same work and the same faults.
 *
 * @module
 */
import { random } from "../../../tests/support/random.ts";

/** What a pool of a round runs on. */
export type BackendKind = "threads" | "scoped" | "process" | "async" | "cluster";

/** Every backend that the harness knows. */
export const BACKEND_KINDS: readonly BackendKind[] = ["threads", "scoped", "process", "async", "cluster"];

/** What the program of a round must stand besides the common faults: nothing, steps of the clock, or few descriptors. */
export type Setting = "plain" | "clock" | "descriptors";

/** Options of the pool. */
export interface PoolPlan {
  readonly workers: number;
  readonly concurrencyPerWorker: number;
  readonly killGrace: number;
  readonly maxTasksPerWorker: number;
  /** Bytes; 0 for no limit. */
  readonly memoryLimit: number;
}

/** A piece of work. */
export interface WorkPlan {
  readonly kind: WorkKind;
  /** Milliseconds from the start of the round. */
  readonly at: number;
  /** Number of its calls, or of its items. */
  readonly size: number;
  /** Milliseconds that a call takes, or until it is cancelled or times out. */
  readonly ms: number;
  readonly retry: number;
  /** A number from 0 to 1, for choices that depend on the kind. */
  readonly random: number;
}

/** A fault from outside. */
export interface FaultPlan {
  readonly kind: FaultKind;
  /** Milliseconds from the start of the round. */
  readonly at: number;
  /** Milliseconds until the fault is over. */
  readonly ms: number;
  /** A number from 0 to 1, which chooses the victim. */
  readonly random: number;
}

/** A whole round. */
export interface Plan {
  readonly seed: number;
  readonly setting: Setting;
  readonly pool: PoolPlan;
  readonly work: readonly WorkPlan[];
  readonly faults: readonly FaultPlan[];
}

const ANY_BACKEND = [
  "submit",
  "map",
  "imap",
  // A map whose reader leaves before the end.
  "left",
  "stream",
  "retry",
  "affinity",
  "priority",
  "group",
  "cancel",
  "fail",
  "never",
  "share",
  "broadcast",
  "batch",
] as const;
const ISOLATED = ["exit", "dying", "uncaught", "spin", "terminate"] as const;
/** The kinds of work. Each is a function of the same name in work_calls.ts, work_maps.ts or work_flows.ts. */
export type WorkKind = typeof ANY_BACKEND[number] | typeof ISOLATED[number] | "queue" | "memory" | "disk";

const ANY_FAULT = ["blockLoop", "restart", "resize", "pause", "freezeProgram"] as const;
/** The kinds of faults. */
export type FaultKind =
  | typeof ANY_FAULT[number]
  | "killProcess"
  | "freezeProcess"
  | "killHost"
  | "freezeHost"
  | "killRedis"
  | "hogDescriptors"
  | "stepClock";

/** What a backend can be given. */
interface Choices {
  readonly work: readonly WorkKind[];
  readonly faults: readonly FaultKind[];
  /** Share of the sizes; a process starts more slowly than a thread. */
  readonly scale: number;
}

const CHOICES: Record<BackendKind, Choices> = {
  async: { work: [...ANY_BACKEND, "queue", "disk"], faults: ANY_FAULT, scale: 1 },
  threads: { work: [...ANY_BACKEND, ...ISOLATED, "queue", "memory", "disk"], faults: ANY_FAULT, scale: 1 },
  scoped: { work: [...ANY_BACKEND, ...ISOLATED, "queue", "disk"], faults: ANY_FAULT, scale: 0.5 },
  process: {
    work: [...ANY_BACKEND, ...ISOLATED, "queue", "memory", "disk"],
    faults: [...ANY_FAULT, "killProcess", "killProcess", "killProcess", "freezeProcess"],
    scale: 0.3,
  },
  cluster: {
    // The hosts of a cluster choose the workers: it refuses the other two.
    work: [...ANY_BACKEND.filter((kind) => kind !== "broadcast" && kind !== "affinity"), ...ISOLATED, "disk"],
    faults: ["blockLoop", "pause", "freezeProgram", "killHost", "freezeHost", "killRedis"],
    scale: 0.3,
  },
};

/**
 * Number of neighbouring seeds that share a setting, and for the first nine of them a program; the last one stands for a
 * program that a signal ends.
 */
export const LOT = 10;

/** Whether a seed stands for a program that a signal ends, instead of a round: the last of each ten. */
export const isInterrupted = (seed: number): boolean => seed % LOT === LOT - 1;

/** Gives the setting of the program that runs the round of a seed. */
export function settingOf(seed: number): Setting {
  return (["plain", "clock", "plain", "descriptors"] as const)[Math.floor(seed / LOT) % 4];
}

/** Makes the plan of a round. */
export function makePlan(backend: BackendKind, seed: number): Plan {
  // 2^32 / the golden ratio spreads neighbouring seeds.
  const next = random(Math.imul(seed + 1, 0x9e3779b1));
  const upTo = (most: number) => Math.floor(next() * (most + 1));
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  const { work: workKinds, faults: faultKinds, scale } = CHOICES[backend];
  const pool: PoolPlan = {
    workers: 2 + upTo(2),
    concurrencyPerWorker: next() < 0.3 ? 2 + upTo(2) : 1,
    killGrace: oneOf([0, 10, 50]),
    maxTasksPerWorker: next() < 0.3 ? 20 + upTo(200) : Infinity,
    memoryLimit: next() < 0.15 ? 64 << 20 : 0,
  };
  const work = Array.from({ length: 6 + upTo(8) }, (): WorkPlan => ({
    kind: oneOf(workKinds),
    at: upTo(200),
    // Much work only where workers stay: a replacement takes half a second on a busy machine.
    size: 1 + Math.floor(scale * (next() < 0.1 && pool.maxTasksPerWorker === Infinity ? upTo(2_000) : upTo(60))),
    ms: next() < 0.5 ? upTo(3) : upTo(30),
    retry: 0,
    random: next(),
  })).filter(({ kind }) => kind !== "memory" || pool.memoryLimit > 0)
    // Several consumers could hold all workers, and wait for producers that have none.
    .filter(({ kind }, i, all) => kind !== "queue" || all.findIndex((each) => each.kind === "queue") === i)
    // Terminating the pool ends the round early, so most rounds do without.
    .filter(({ kind, random }) => kind !== "terminate" || random < 0.3)
    .map((each) => next() < 0.3 ? { ...each, retry: RETRIES } : each);
  const setting = settingOf(seed);
  const more = { plain: [], clock: ["stepClock", "stepClock"], descriptors: ["hogDescriptors"] } as const;
  const faults = [...Array.from({ length: upTo(4) }, () => oneOf(faultKinds)), ...more[setting]]
    .map((kind): FaultPlan => ({ kind, at: upTo(400), ms: 5 + upTo(200), random: next() }));
  return { seed, setting, pool, work, faults };
}

/** Retries of work that must succeed among faults. */
export const RETRIES = 20;
