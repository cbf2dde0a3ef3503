/**
 * The tasks of the contract, typed for `submit`.
 *
 * @module
 */
import { tasks } from "@isopool/isopool";

export const contractTasks = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
