/**
 * The task that makes one attempt, and the names of all.
 *
 * @module
 */
import { modules, permissions, runtime } from "./code.ts";
import { reading, writing } from "./files.ts";
import { host } from "./host.ts";
import { network } from "./network.ts";
import { environment, native, processes, programs, system } from "./system.ts";
import type { Attempt, Target } from "./target.ts";

/** Milliseconds for an attempt to come back. */
const LIMIT = 5_000;

const KINDS: Record<string, Record<string, Attempt>> = {
  reading,
  writing,
  network,
  environment,
  programs,
  native,
  system,
  processes,
  modules,
  permissions,
  runtime,
  host,
};

const ATTEMPTS = new Map<string, Attempt>(
  Object.entries(KINDS).flatMap(([kind, attempts]) =>
    Object.entries(attempts).map(([name, attempt]) => [`${kind}: ${name}`, attempt] as const)
  ),
);

/** The names of all attempts. */
export const names: readonly string[] = [...ATTEMPTS.keys()];

/** Makes an attempt. Returns `"succeeded"`, or `"denied"` with the reason. */
export async function attempt(name: string, target: Target): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it did not come back")), LIMIT);
  });
  try {
    const proof = await Promise.race([ATTEMPTS.get(name)!(target), late]);
    return proof === undefined ? "denied: nothing came back" : "succeeded";
  } catch (error) {
    return `denied: ${String(error).slice(0, 150)}`;
  } finally {
    clearTimeout(timer);
  }
}
