/** Shared objects on scoped workers: under no permission at all, and under one. */
import { Pool } from "@isopool/isopool";
import { poolEngine } from "../contract/shared/engine.ts";
import { passingSuite } from "../contract/shared/passing_suite.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test } from "../support/within.ts";

sharedContract(poolEngine("scoped", ["exit", "uncaught", "stay"], { permissions: "none" }));

for (const permissions of ["none", { env: ["HOME"] }] as const) {
  passingSuite(
    (options) => new Pool({ permissions, ...options }),
    (name, ...rest) => test(`permissions ${Deno.inspect(permissions)}: ${name}`, ...rest),
  );
}

leavesNothing();
