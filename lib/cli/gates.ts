/**
 * `--memfree` and `--load`: no item starts while the machine has too little memory or too much to do.
 *
 * @module
 */
import { cpuCount } from "../../mod.ts";
import { performance, Promise } from "../core/platform.ts";
import { setTimeout } from "../core/timer.ts";
import type { Arguments } from "./flags.ts";
import { share, size } from "./quantities.ts";
import { freeMemory } from "./machine.ts";

/** Milliseconds between two checks of the machine's load. */
const INTERVAL = 250;

/** Returns a function that resolves when the next item may start; `undefined` without a limit. */
export function gateOf(args: Arguments): (() => Promise<void>) | undefined {
  const memory = args.text("memfree");
  const load = args.text("load");
  if (memory === undefined && load === undefined) return undefined;
  const needed = memory === undefined ? 0 : size("memfree", memory);
  const most = load === undefined ? Infinity : share("load", load, cpuCount());
  let lookedAt = -Infinity;
  return async () => {
    if (performance.now() - lookedAt < INTERVAL) return;
    while (freeMemory() < needed || Deno.loadavg()[0] > most) {
      await new Promise<void>((resolve) => setTimeout(resolve, INTERVAL));
    }
    lookedAt = performance.now();
  };
}
