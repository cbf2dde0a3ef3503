/**
 * Opens the progress of a map.
 *
 * @module
 */
import { bad } from "../core/validate.ts";
import type { ProgressSink } from "./sink.ts";

/** Checks the option; `undefined` when nothing is to be told. */
export function openProgress(call: string, option: boolean | ProgressSink | undefined): ProgressSink | undefined {
  if (option === undefined || option === false) return undefined;
  if (typeof option === "object" && typeof option?.update === "function" && typeof option.end === "function") {
    return option;
  }
  throw bad(call, "progress", option, "a ProgressSink", false);
}
