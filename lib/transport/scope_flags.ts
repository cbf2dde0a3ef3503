/**
 * Which permissions the flags of the runtime can express.
 *
 * @module
 */
import { refusal } from "../core/validate.ts";
import type { Setup } from "./transport.ts";

/** Kinds of permissions, as flags name them. */
export const KINDS = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;
/** A kind of permissions. */
export type Kind = typeof KINDS[number];

/** Checks that flags can express a scope. */
export function checkFlags(scope: Setup["permissions"]): void {
  for (const kind of KINDS) {
    const grant = scope?.[kind];
    const withComma = Array.isArray(grant) ? grant.map(String).find((entry) => entry.includes(",")) : undefined;
    if (withComma === undefined) continue;
    throw refusal(
      `Cannot start worker process: \`permissions.${kind}\` names ${withComma}, and the runtime's flags cannot express a ` +
        "comma: name its folder",
    );
  }
}
