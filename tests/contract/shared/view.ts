/**
 * The typed view of the contract's tasks.
 *
 * @module
 */
import { tasks } from "@isopool/isopool";

export const acts = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
