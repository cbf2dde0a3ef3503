/**
 * Tasks of the property tests.
 *
 * @module
 */
import type { DictProxy, ListProxy, Manager } from "@isopool/isopool";

/** A call of a list. */
export type ListOp =
  | ["push", unknown]
  | ["pop" | "shift" | "length" | "reverse" | "toArray"]
  | ["insert" | "set", number, unknown]
  | ["delete" | "at", number]
  | ["includes" | "indexOf", unknown]
  | ["slice", number, number];

/** A call of a dict. */
export type DictOp =
  | ["set" | "setDefault", string, unknown]
  | ["get" | "has" | "delete" | "pop", string]
  | ["size" | "keys" | "entries"];

/** A call of the list or the dict. */
export type Op = { on: "list"; op: ListOp } | { on: "dict"; op: DictOp };

/** A call with its result. */
export type Logged = Op & { result: unknown };

/** The objects that the threads share. */
export interface SharedObjects {
  manager: Manager;
  list: ListProxy<unknown>;
  dict: DictProxy<string, unknown>;
  log: ListProxy<Logged>;
}

/** Makes calls, several in a transaction, and logs the result of each inside the same transaction. */
export async function runAndLog(
  { manager, list, dict, log }: SharedObjects,
  ops: Op[],
  nested: boolean,
): Promise<void> {
  const run = async (each: Op): Promise<void> => {
    const object = each.on === "list" ? list : dict;
    const [name, ...args] = each.op;
    const call = (object as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name];
    const result = await call.apply(object, args).catch((error: Error) => error.name);
    await log.push({ ...each, result });
  };
  for (let at = 0; at < ops.length; at += 3) {
    const some = ops.slice(at, at + 3);
    if (!nested) {
      await manager.transaction(async () => {
        for (const each of some) await run(each);
      });
    } else {
      for (const each of some) {
        await (each.on === "list" ? list : dict).transaction(() => log.transaction(() => run(each)));
      }
    }
  }
}

/** Appends numbers of its own, and reports after each how many appends have settled. */
export async function appendAndReport(
  list: ListProxy<number>,
  done: DictProxy<number, number>,
  thread: number,
): Promise<void> {
  for (let n = 0; n < 1e6; n++) {
    await list.push(thread * 1e6 + n);
    await done.set(thread, n + 1);
  }
}
