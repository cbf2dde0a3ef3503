/**
 * All mutations.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";
import { OTHERS } from "./others.ts";
import { SCHEDULER } from "./scheduler.ts";
import { SHARED } from "./shared.ts";
import { TRANSPORTS } from "./transports.ts";

/** The mutations, in the order in which they run. */
export const ALL: readonly Mutation[] = [...SCHEDULER, ...SHARED, ...TRANSPORTS, ...OTHERS];
