/**
 * Values that have arrived in messages (value_messages.ts).
 *
 * @module
 */
import { type Handle, type Reviver, reviverOf } from "../shared/handle.ts";
import { decode } from "../shared/revive.ts";
import { decodeThrown, restoreErrors } from "./error_decoder.ts";
import { type ErrorRecord, NOT_COPIED } from "./thrown.ts";

import type { ThrownMessage } from "./value_messages.ts";

export type { ItemMessage, ResultMessage } from "./value_messages.ts";

/** Revives the shared objects in a value that has arrived, and completes the errors in it. */
export function reviveValue(value: unknown, handles: boolean, errors?: ErrorRecord[]): unknown {
  if (errors !== undefined) restoreErrors(errors);
  return handles ? decode({ value, handles }) : value;
}

/** Decodes what was thrown, with the shared objects in it. */
export function reviveThrown({ thrown, handles }: ThrownMessage): unknown {
  try {
    return decodeThrown(decode({ value: thrown, handles: handles === true }, reviverFor));
  } catch (error) {
    return error;
  }
}

// The process of a worker host does not load the classes of shared objects: what was thrown goes on to another process, which
// they cannot reach.
function reviverFor({ kind }: Handle): Reviver {
  return reviverOf(kind) ?? (() => NOT_COPIED as unknown as object);
}
