/**
 * Runs a transaction on the client's side: a function during which no other code can use an object.
 *
 * ```
 * begin ---> granted when all earlier calls are done ---> fn runs, its calls are let through ---> end: commit
 *                                                          \-- fn throws, or its thread dies: undo, release
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { DeadlockError, WaitTimeoutError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { checkFunction } from "./arguments.ts";
import { type ChainLink, chainOf, currentLink, linksOf, runInside } from "./call_chain.ts";
import { ALL_OBJECTS } from "./claim.ts";
import type { ManagerClient } from "./manager_client.ts";

/** Returns whether the current code has an object exclusively. */
export function isHeld(client: ManagerClient, resource: number): boolean {
  return [...linksOf(client.manager)].some(({ holds }) => holds === resource || holds === ALL_OBJECTS);
}

/** Runs a function with exclusive access to an object, or to all objects. */
export async function runTransaction<R>(
  client: ManagerClient,
  name: string,
  resource: number,
  fn: () => R | PromiseLike<R>,
  limits: WaitLimits | undefined,
): Promise<R> {
  const what = `begin transaction on ${name}`;
  checkFunction(what, "fn", fn);
  const manager = client.manager;
  if ([...linksOf(manager)].some(({ holds }) => holds === resource)) {
    throw new DeadlockError(
      `Cannot ${what}: it is inside a transaction on the same object, and would wait for its end: use the object ` +
        "without another transaction",
    );
  }
  const link: ChainLink = { manager, id: client.newId(), holds: resource, outer: currentLink(), ended: false };
  await begin(client, what, resource, link.id, limits);
  let result: R;
  try {
    result = await runInside(link, fn);
  } catch (error) {
    link.ended = true;
    // The caller gets the error of `fn`. If this fails the manager is gone, and its objects too.
    await client.endTransaction(what, link.id, false).catch(() => {});
    throw error;
  }
  link.ended = true;
  await client.endTransaction(`commit transaction on ${name}`, link.id, true);
  return result;
}

/**
 * Waits until the manager has granted a transaction. Rejects with a {@linkcode DeadlockError}, a
 * {@linkcode WaitTimeoutError}, or the signal's reason.
 */
async function begin(
  client: ManagerClient,
  what: string,
  resource: number,
  transaction: number,
  limits: WaitLimits | undefined,
): Promise<void> {
  const timeout = checkLimits(what, limits);
  const signal = limits?.signal;
  signal?.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onTimeout = () => reject(new WaitTimeoutError(`Cannot ${what}: it took longer than ${timeout} ms`));
  // With a timeout of 0 the manager decides: only there it is known whether the transaction would have to wait.
  const timer = timeout ? setTimeout(onTimeout, timeout) : undefined;
  const removeListener = onAbort(signal, () => reject(signal?.reason));
  const granted = client.request(what, ["begin", resource, transaction, chainOf(client.manager), timeout === 0]);
  try {
    await Promise.race([granted, aborted]);
  } catch (error) {
    // The manager may have granted it by now: then this ends it. Otherwise this takes it out of the queue.
    client.endTransaction(what, transaction, false).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    removeListener();
  }
}
