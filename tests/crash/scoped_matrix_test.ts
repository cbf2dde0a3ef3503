/**
 * The matrix under a scope. What a pool does not survive there: running out of memory ends the process; what spins where
 * no limit of `node:vm` is around it cannot be stopped (tests/scoped/abandoned_test.ts).
 */
import { crashMatrix } from "./matrix.ts";

crashMatrix({
  name: "scoped",
  options: { permissions: "none" },
  survives: (moment, kind) => !kind.startsWith("oom") && (kind !== "spin" || moment === "run" || moment === "shutdown"),
});
