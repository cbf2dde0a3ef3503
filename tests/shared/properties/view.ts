/**
 * The engines of the random tests, and the typed view of their programs.
 *
 * @module
 */
import { tasks } from "@isopool/isopool";
import { poolEngine } from "../../contract/shared/engine.ts";

export const programs = tasks<typeof import("./programs.ts")>(import.meta.resolve("./programs.ts"));

export const ENGINES = [poolEngine("threads", []), poolEngine("scoped", [], { permissions: "none" })];
