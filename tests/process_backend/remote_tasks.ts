/** Tasks of remote_test.ts: hostile requests, and objects that cannot travel. */
import { type Connection, inline, JoinableQueue, type ListProxy, Lock, Manager, Pool, Queue } from "@isopool/isopool";
import { HostObject } from "../../lib/remote/host_objects.ts";
import { type Handle, REMOTE, VERSION } from "../../lib/shared/handle.ts";

function objectOf(id: number): HostObject {
  return HostObject.of({ kind: REMOTE, version: VERSION, id, count: 0 } as Handle);
}

/** Sends a request of the task's own making; returns the result, or the name and text of the error. */
export async function forge(_given: unknown, object: number, method: string, args: unknown[]): Promise<unknown> {
  try {
    return await objectOf(object).request(method, args);
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
}

/** Sends a request of a manager that is for a list of length 2^32 - 1, and one with such a list in place of each argument. */
export async function forgeEndless(given: unknown, object: number): Promise<unknown[]> {
  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 1;
  return [
    await forge(given, object, "request", [endless, ["call", 0, "length", [], []]]),
    await forge(given, object, "request", endless),
    await forge(given, object, "request", ["forged", endless]),
  ];
}

/** Ids of clients and of objects that a task can guess. */
export async function guess(list: ListProxy<unknown>, object: number): Promise<string[]> {
  const found: string[] = [];
  for (let client = 0; client < 5; client++) {
    for (let id = 0; id < 5; id++) {
      const target = client * 2 ** 32 + id;
      for (
        const request of [
          ["call", target, "clear", [], []],
          ["call", target, "push", ["forged"], []],
          ["begin", target, 2 ** 33 + 77, [], true],
          ["end", target, true],
          ["forget", target],
          ["make", target, "list", []],
          ["connect", target, {}],
          ["disconnect"],
        ]
      ) {
        const outcome = await forge(list, object, "request", ["forged", request]);
        if (!Array.isArray(outcome)) found.push(JSON.stringify(request));
      }
    }
  }
  return found;
}

/** Sends an end of a pipe twice. */
export async function sendTwice(end: Connection<string>, results: Queue<unknown>): Promise<string> {
  await results.put(end);
  try {
    await results.put(end);
    return "sent twice";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Returns objects that this process has made. */
export const makers: Record<string, () => unknown> = {
  queue: () => new Queue(),
  joinable: () => ({ deep: [new JoinableQueue()] }),
  manager: () => new Manager(),
  list: () => new Manager().list([1]),
  lock: () => new Map([["lock", new Lock()]]),
};

/** Returns what a maker makes. */
export function make(name: string): unknown {
  return makers[name]();
}

/** Throws an error with an object of this process in it. */
export function throwWithLock(): never {
  throw Object.assign(new RangeError("with a lock"), { code: 5, lock: new Lock() });
}

/** Hands a queue of the host on to workers of this process; returns the names and texts of the errors. */
export async function handOn(queue: Queue<number>): Promise<string[]> {
  const texts: string[] = [];
  for (const backend of ["process", "worker"] as const) {
    await using pool = new Pool({ backend, workers: 1 });
    const error = await pool.submit(inline((queue: Queue<number>) => queue.put(1)), queue).exception() as Error;
    texts.push(`${error.name}: ${error.message} ${(error.cause as Error | undefined)?.message}`);
  }
  return texts;
}

/** Takes an item; returns it, or the name and text of the error. */
export async function take(queue: Queue<unknown>): Promise<unknown> {
  return await queue.get().catch((error: Error) => [error.name, error.message]);
}

/** Puts items without waiting for one; returns the first error. */
export async function flood(queue: Queue<number>, count: number): Promise<[name: string, message: string]> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  for (let i = 0; i < count; i++) queue.put(i).catch(resolve);
  const { name, message } = await promise;
  return [name, message];
}
