/**
 * The changes that a worker host makes to BullMQ, so that a single call needs fewer commands of Redis.
 *
 * BullMQ defines its scripts on each connection. A host puts three of them into scripts of its own, so what it adds happens in
 * the same step and costs no further command:
 *
 * ```
 * moveToActive      returns with a job whether it was the last, and removes the marker that wakes hosts if it was
 * moveToFinished    adds the end of a job to the event stream of the pool that has sent the job; a pool reads no other stream
 * updateProgress    adds a progress update of a job to that stream
 * ```
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import { ClusterError } from "../core/errors.ts";
import { setImmediate } from "../core/timer.ts";
import { RUN_PATTERN } from "./call_id.ts";
import {
  type BackendFactory,
  createRedisBackend,
  raw2NextJobData,
  Redis,
  type RedisOptions,
  type RedisQueueBackend,
} from "./packages.ts";
import { eventsKey } from "./wire.ts";

/** Events that Redis keeps for a pool that does not read them, about as many as BullMQ keeps for a queue. */
const MAX_EVENTS = 10_000;
/** Seconds after which Redis forgets the events of a pool that was killed. */
const EVENTS_SECONDS = 3_600;

/** Index in the reply of `moveToActive` of the flag that no other job waits. BullMQ reads what is before it. */
const WAS_LAST = 4;

/**
 * Turns of the event loop before a host that has taken a job waits for the next one. A short call has ended by then, and its
 * end goes to Redis first: to write the other command takes as long as the way to a thread and back. In a host without calls
 * these turns take 5 us.
 */
const TURNS = 3;

// Adds an event to those of the pool that has sent a job, unless the pool has ended (executor.ts). Arguments: what the keys of
// the queue begin with, the id of the job, and the event, as BullMQ writes it.
const REPORT = `
local function report(prefix, id, event, field, value)
  local run = string.match(id, "${RUN_PATTERN}")
  if not run then return end
  local key = prefix .. "${eventsKey("", "")}" .. run
  if redis.call("TYPE", key).ok == "string" then return end
  redis.call("XADD", key, "MAXLEN", "~", ${MAX_EVENTS}, "*", "event", event, "jobId", id, field, value)
  redis.call("EXPIRE", key, ${EVENTS_SECONDS})
end`;

/** What follows the reply of a script of BullMQ. */
interface Addition {
  /** What the addition takes from the script, as the script describes it: another version may have it in another place. */
  readonly uses: readonly string[];
  readonly lua: string;
}

const ADDITIONS: Record<string, Addition> = {
  moveToActive: {
    uses: ["KEYS[1] wait key", "KEYS[3] prioritized key", "KEYS[7] delayed key", "KEYS[11] marker key"],
    lua: `
if reply[1] ~= 0 and redis.call("LLEN", KEYS[1]) + redis.call("ZCARD", KEYS[3]) + redis.call("ZCARD", KEYS[7]) == 0 then
  redis.call("ZREM", KEYS[11], "0")
  reply[${WAS_LAST + 1}] = 1
end`,
  },
  moveToFinished: {
    uses: [
      "ARGV[1] jobId",
      "ARGV[3] msg property returnvalue / failedReason",
      "ARGV[4] return value / failed reason",
      "ARGV[5] target (completed/failed)",
      "ARGV[7] keys prefix",
    ],
    lua: `${REPORT}
if type(reply) == "table" or reply >= 0 then report(ARGV[7], ARGV[1], ARGV[5], ARGV[3], ARGV[4]) end`,
  },
  updateProgress: {
    uses: ["KEYS[1] Job id key", "ARGV[1] id", "ARGV[2] progress"],
    lua: `${REPORT}
if reply >= 0 then report(string.sub(KEYS[1], 1, -#ARGV[1] - 1), ARGV[1], "progress", "data", ARGV[2]) end`,
  },
};

/** A connection of a worker host. */
export class HostRedis extends Redis {
  /**
   * Defines a script. BullMQ's have their name and its version.
   *
   * @throws {ClusterError} If a script of this version of BullMQ has its keys and arguments in other places.
   */
  override defineCommand(name: string, definition: { lua: string; numberOfKeys?: number; readOnly?: boolean }): void {
    super.defineCommand(name, { ...definition, lua: withAddition(name, definition.lua) });
  }

  /**
   * Makes a connection like this one. BullMQ's worker has two. The type of the method in `Redis` depends on its options: only
   * `never` fits each of them.
   */
  override duplicate(options?: Partial<RedisOptions>): never {
    return new HostRedis({ ...this.options, ...options } as RedisOptions & { replyMapping?: "legacy" }) as never;
  }
}

/** Returns a script of BullMQ with what a host adds to it. `name` is that of the script, and BullMQ's version. */
export function withAddition(name: string, script: string): string {
  const [title, version] = name.split(":");
  const addition = ADDITIONS[title];
  if (addition === undefined) return script;
  const described = script.replaceAll(/\s+/g, " ");
  for (const text of addition.uses) {
    if (described.includes(text)) continue;
    throw new ClusterError(
      `Cannot serve worker: the script ${title} of bullmq ${version} has no "${text}": use bullmq 6.7, which this version ` +
        "of isopool was made for",
    );
  }
  return `local function script()\n${script}\nend\nlocal reply = script()${addition.lua}\nreturn reply`;
}

/**
 * Makes the backend of BullMQ's worker: the worker asks it for jobs. As soon as the worker has a job, it asks for another one,
 * and the first job cannot end before the reply. If the reply with the first job has said that no other job waits, the backend
 * answers without Redis. A job that was added since then has set the marker, and the worker waits for the marker next.
 */
export const jobSource: BackendFactory<RedisQueueBackend> = (name, options, connections) => {
  const backend = createRedisBackend(name, options, connections);
  const { moveToActive, waitForJob, execCommand } = backend;
  let wasLast = false;
  backend.execCommand = async (client, command, args): Promise<unknown> => {
    wasLast = false;
    const reply = await execCommand.call(backend, client, command, args);
    if (command === "moveToActive") wasLast = reply[WAS_LAST] === 1;
    return reply;
  };
  backend.moveToActive = async (token, workerName) => {
    if (!wasLast) return await moveToActive.call(backend, token, workerName);
    wasLast = false;
    return raw2NextJobData([0, 0, 0, 0])!;
  };
  backend.waitForJob = async (seconds) => {
    wasLast = false;
    for (let i = 0; i < TURNS; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    const marker = await waitForJob.call(backend, seconds);
    // A reply that came meanwhile is older than the job that has ended the wait.
    wasLast = false;
    return marker;
  };
  return backend;
};
