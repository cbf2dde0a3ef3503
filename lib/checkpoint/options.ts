/**
 * The option `checkpoint` of maps, as a caller gives it, and its check.
 *
 * @module
 */
import { URL as RuntimeURL } from "../core/platform.ts";
import { badOption, boolean, callback, isA, knownOptions, oneOf } from "../core/validate.ts";

/**
 * Where a map records its finished items, so that a later run skips them. A record that cannot be written fails the map
 * with the error of the write; a reader that leaves its loop gets that error, too.
 *
 * @typeParam T An item.
 */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
export interface CheckpointOptions<T = any> {
  /** The file, in JSON Lines. It is created, or continued. One run at a time may have it. */
  path: string | URL;
  /**
   * Names an item: the next run finds the item by this text. It is needed for items that are not JSON, and saves space for
   * large ones. Items that are alike may have the same key: each record stands for one of them.
   *
   * @default {the item as JSON; its SHA-256 if that is longer than 100 characters}
   */
  key?: (item: T) => string;
  /**
   * What happens when the task's code has changed since the file was written: the items run again, or the map fails with a
   * {@linkcode CheckpointError}, or the recorded results are kept. A changed item runs again; `"refuse"` fails for that, too,
   * and then the items must come in the same order.
   *
   * The code is the task's module and the local modules that it imports by a relative path, or the source of the function.
   *
   * @default {"rerun"}
   */
  onChange?: "rerun" | "refuse" | "keep";
  /** Whether items that failed run again, or keep their recorded failure. @default {"rerun"} */
  failed?: "rerun" | "keep";
  /**
   * Whether results are recorded. With `false`, an item that was done is skipped, and its result is `undefined`. With
   * `true`, an item whose result was not JSON runs again; dates, BigInts, `undefined` and `NaN` count as JSON.
   *
   * @default {true}
   */
  results?: boolean;
}

/** The checked and completed option. */
export type CheckpointPlan = Required<Omit<CheckpointOptions, "key">> & Pick<CheckpointOptions, "key">;

/** Checks and completes the option; `undefined` without it. */
export function checkpointPlan(call: string, given: unknown): CheckpointPlan | undefined {
  if (given === undefined) return undefined;
  const isPath = typeof given === "string" || isA(given, RuntimeURL);
  if (!isPath && (typeof given !== "object" || given === null)) {
    throw badOption(call, "checkpoint", given, "the path of a file, or an object with a `path`", false);
  }
  const options = isPath ? { path: given } : given as CheckpointOptions;
  const action = `${call}: \`checkpoint\``;
  knownOptions(action, options, ["path", "key", "onChange", "failed", "results"]);
  const { path, key, onChange = "rerun", failed = "rerun" } = options;
  if ((typeof path !== "string" || path === "") && !isA(path, RuntimeURL)) {
    throw badOption(call, "checkpoint.path", path, "the path of a file: a string or a file URL", path === "");
  }
  callback(call, "checkpoint.key", key);
  return {
    path,
    key,
    onChange: oneOf(call, "checkpoint.onChange", onChange, ["rerun", "refuse", "keep"]),
    failed: oneOf(call, "checkpoint.failed", failed, ["rerun", "keep"]),
    results: boolean(call, "checkpoint.results", options.results, true),
  };
}
