/**
 * Transactions: a function that runs on the client while nobody else can use an object.
 *
 * ```
 * begin ---> granted, when all calls before it are done ---> fn, its calls are let through ---> end: commit
 *                                                                 \-- throws, or its thread dies: undo, release
 * ```
 *
 * @module
 */
import { DeadlockError } from "../core/errors.ts";
import { callback } from "../core/validate.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { type ChainLink, currentLink, linksOf, runInside } from "./call_chain.ts";
import type { Client } from "./client.ts";
import { ALL } from "./access_queue.ts";

/** Whether the code that runs has an object to itself. */
export function isHeld(client: Client, resource: number): boolean {
  return [...linksOf(client.memory.name)].some(({ holds }) => holds === resource || holds === ALL);
}

/** Runs a function with an object, or all, to itself. */
export async function runTransaction<R>(
  client: Client,
  name: string,
  resource: number,
  fn: () => R | PromiseLike<R>,
  limits: WaitLimits | undefined,
): Promise<R> {
  const what = `begin transaction on ${name}`;
  callback(what, "fn", fn);
  const manager = client.memory.name;
  if ([...linksOf(manager)].some(({ holds }) => holds === resource)) {
    throw new DeadlockError(`Cannot ${what}: it is inside of one on the same object, which it would wait for`);
  }
  const link: ChainLink = { manager, id: client.newId(), holds: resource, outer: currentLink(), ended: false };
  await client.begin(what, resource, link.id, limits);
  let result: R;
  try {
    result = await runInside(link, fn);
  } catch (error) {
    link.ended = true;
    // What went wrong first is what counts; and where the manager is gone, so is what there was to undo.
    await client.end(what, link.id, false).catch(() => {});
    throw error;
  }
  link.ended = true;
  await client.end(`commit transaction on ${name}`, link.id, true);
  return result;
}
