/**
 * The valid parts of a call that has one bad value: the object whose method is called, and values for the other parameters.
 *
 * @module
 */
import * as api from "@isopool/isopool";
import { context } from "@isopool/isopool/worker";
import type { Callable } from "./surface.ts";
import { Account } from "./tasks.ts";

// deno-lint-ignore no-explicit-any -- values of any type
type Any = any;

const fixtures = api.tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));

/** A Redis that is not there: its refusal is a ClusterError. */
const NO_REDIS = { redis: "redis://127.0.0.1:9", queue: "bad-input" };

let pool: api.Pool | undefined;

function openPool(): api.Pool {
  return pool = pool?.state === "open" ? pool : new api.Pool({ workers: 1, killGrace: 50 });
}

/** Ends what the calls have started. */
export async function endCalls(): Promise<void> {
  await pool?.terminate();
  await api.shutdownDefaultPool();
}

function queueWithItem(queue = new api.Queue<unknown>({ maxSize: 5 })): api.Queue<unknown> {
  queue.tryPut(1);
  return queue;
}

function connection(): api.Connection<unknown> {
  const [left, right] = api.Pipe<unknown>();
  right.sendSync(1, { timeout: 1_000 });
  return left;
}

function event(): api.SharedEvent {
  const event = new api.SharedEvent();
  event.set();
  return event;
}

let process: api.Process<[value: unknown], unknown> | undefined;

// Ends the process of the case before: hundreds of processes that start at once would take longer than the limit of a case.
function startProcess(): api.Process<[value: unknown], unknown> {
  if (process?.isAlive) process.kill();
  return process = new api.Process(fixtures.same, [1]).start();
}

let open: api.Manager | undefined;
const manager = () => open ??= new api.Manager();

/** Objects of the exports that have methods. */
export const INSTANCES: Record<string, () => unknown> = {
  Barrier: () => new api.Barrier(1),
  BoundedSemaphore: () => new api.BoundedSemaphore(1),
  Condition: () => new api.Condition(),
  Connection: connection,
  Counter: () => new api.Counter(),
  Dashboard: () => openPool().dashboard(),
  DictProxy: () => manager().dict({ x: 1 }),
  Future: () => openPool().submit(fixtures.same, 1),
  Guard: () => new api.Lock().tryAcquire(),
  JoinableQueue: () => queueWithItem(new api.JoinableQueue<unknown>({ maxSize: 5 })),
  "JoinableQueue.join": () => new api.JoinableQueue(),
  "JoinableQueue.joinSync": () => new api.JoinableQueue(),
  Limiter: () => api.limit(2),
  ListProxy: () => manager().list([1, 2]),
  Lock: () => new api.Lock(),
  Manager: () => manager(),
  NamespaceProxy: () => manager().namespace({ x: 1 }),
  Pool: openPool,
  Process: startProcess,
  Queue: () => queueWithItem(),
  RLock: () => new api.RLock(),
  ReentrantGuard: () => new api.RLock().tryAcquire(),
  Results: () => openPool().map(fixtures.same, [1, 2]),
  Semaphore: () => new api.Semaphore(1),
  SharedArray: () => new api.SharedArray("i32", 4),
  SharedEvent: event,
  SharedValue: () => openPool().share([1]),
  Stages: () => api.stages([1, 2]),
  StreamTask: () => fixtures.upTo,
  Task: () => fixtures.same,
  TaskContext: () => context,
  TaskGroup: () => openPool().group(),
  Value: () => new api.Value("i32"),
  ValueProxy: () => manager().value(1),
};

/** Returns an object to call a method of. */
export function instanceFor({ owner, method }: Callable): unknown {
  return (INSTANCES[`${owner}.${method}`] ?? INSTANCES[owner])();
}

/** Methods whose errors are the platform's. */
export const PLATFORM: ReadonlySet<string | undefined> = new Set(["addEventListener", "removeEventListener"]);

/** Exports without cases of their own, each with the reason. */
export const NOT_OURS: Record<string, string> = {
  Governor: "a Limiter is one",
  GovernorToken: "its method takes nothing",
  ProgressSink: "the caller's",
  Selection: "between a source and select()",
  WorkerHost: "made by serveWorker() only, with settings of its own",
};

/** Valid values for parameters, by their names; by `Export.method name` where one name means several things. */
const VALID: Record<string, (self: Any) => unknown> = {
  amount: () => 1,
  args: () => [1],
  by: () => undefined,
  callback: () => () => {},
  change: () => (n: Any) => n,
  condition: () => () => true,
  count: () => 1,
  defaults: () => undefined,
  done: () => 1,
  end: () => 2,
  entries: () => ({ y: 2 }),
  error: () => new Error("none of ours"),
  expected: () => 0,
  fn: () => () => 1,
  from: () => 4,
  futures: () => [openPool().submit(fixtures.same, 1)],
  guard: (self) => self.tryAcquire?.() ?? new api.Lock().tryAcquire(),
  index: () => 0,
  initial: () => undefined,
  item: () => 1,
  items: () => [1, 2, 3],
  key: () => "x",
  limits: () => undefined,
  listener: () => () => {},
  message: () => "a message",
  meta: () => ({ url: import.meta.resolve("./tasks.ts") }),
  name: () => "x",
  onfinally: () => undefined,
  onfulfilled: () => undefined,
  onrejected: () => undefined,
  options: () => undefined,
  page: () => "trace.html",
  parties: () => 1,
  path: () => "trace.json",
  permits: () => 1,
  properties: () => ({ x: 2 }),
  proxy: () => manager().list(),
  reason: () => undefined,
  signal: () => "SIGUSR2",
  sources: () => [queueWithItem()],
  start: () => 0,
  task: () => fixtures.same,
  total: () => 2,
  trace: () => "trace.json",
  transfer: () => [],
  type: () => "i32",
  url: () => import.meta.resolve("./tasks.ts"),
  value: () => 1,
  workers: () => 1,
  "Condition.notify guard": (self) => guardOf(self),
  "Condition.notifyAll guard": (self) => guardOf(self),
  "Condition.wait guard": (self) => guardOf(self),
  "Condition.wait limits": () => ({ timeout: 20 }),
  "Condition.waitFor guard": (self) => guardOf(self),
  "Condition.waitFor limits": () => ({ timeout: 20 }),
  "Condition.waitForSync guard": (self) => guardOf(self),
  "Condition.waitForSync limits": () => ({ timeout: 20 }),
  "Condition.waitSync guard": (self) => guardOf(self),
  "Condition.waitSync limits": () => ({ timeout: 20 }),
  "Governor.acquire options": () => undefined,
  "Manager.namespace initial": () => ({ x: 1 }),
  "Manager.register type": () => Account,
  "Manager.value initial": () => 1,
  "Pool.addEventListener type": () => "drain",
  "Pool.removeEventListener type": () => "drain",
  "Pool.starmap items": () => [[1], [2]],
  "Pool.stream task": () => fixtures.upTo,
  "cluster options": () => ({ ...NO_REDIS }),
  "limit options": () => 2,
  "serveWorker options": () => ({ ...NO_REDIS }),
  "task fn": () => api.task,
  "tune options": () => ({ duration: 50, concurrencies: [1, 2] }),
};

const guards = new WeakMap<object, unknown>();

/** One guard for each condition: a second one would wait for the first. */
function guardOf(condition: api.Condition): unknown {
  const guard = guards.get(condition) ?? condition.acquireSync({ timeout: 1_000 });
  guards.set(condition, guard);
  return guard;
}

/** Returns the valid value of a parameter. */
export function validValue({ owner, method }: Callable, param: string, self: unknown): unknown {
  const own = VALID[`${method === undefined ? owner : `${owner}.${method}`} ${param}`];
  const make = own ?? VALID[param];
  if (make === undefined) {
    throw new Error(`${owner}.${method ?? ""}: no valid value for parameter ${param}: add it to VALID`);
  }
  return make(self);
}

/** For an option that takes an object: members without which it is not valid. */
export const BESIDE: Record<string, object> = {
  adaptive: { min: 1 },
  checkpoint: { path: "checkpoint.jsonl" },
  per: { key: String, limit: 1 },
  rate: { limit: 100, interval: 100 },
};

/** Ends what a result holds, after a case: processes, pools, connections. */
export async function release(value: Any): Promise<void> {
  if (value === pool || value === open || typeof value !== "object" || value === null) return;
  if (value instanceof api.Pool) return await value.terminate();
  if (value instanceof api.Process) return value.isAlive ? value.kill() : undefined;
  await value[Symbol.asyncDispose]?.();
  value[Symbol.dispose]?.();
}
