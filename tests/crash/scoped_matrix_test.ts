/**
 * The crash matrix under a scope. A scoped pool does not survive two kinds of cell: running out of memory ends the
 * process, and code that spins outside of the limit of `node:vm` cannot be stopped (tests/scoped/abandoned_test.ts).
 */
import { crashMatrix } from "./matrix.ts";

crashMatrix({
  name: "scoped",
  options: { permissions: "none" },
  survives: (moment, kind) => !kind.startsWith("oom") && (kind !== "spin" || moment === "run" || moment === "shutdown"),
});
