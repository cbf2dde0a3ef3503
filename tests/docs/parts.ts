/**
 * The files of the library whose documentation has examples, in parts that take about the same time.
 *
 * @module
 */
import { filesIn } from "../support/files_in.ts";

const POOL = ["mod.ts", "lib/pool/", "lib/future/", "lib/task/"];
const SHARED = ["lib/shared/", "lib/queue/"];
const all = ["mod.ts", "lib", "workers"].flatMap((path) => [...filesIn(path, ".ts")]).sort();
const isIn = (file: string, paths: readonly string[]) => paths.some((path) => file.startsWith(path));

/** The parts, as paths from the root of the repository, where tests run. */
export const PARTS = {
  pool: all.filter((file) => isIn(file, POOL)),
  shared: all.filter((file) => isIn(file, SHARED)),
  others: all.filter((file) => !isIn(file, [...POOL, ...SHARED])),
};
