/**
 * Values that have arrived in messages (value_messages.ts).
 *
 * @module
 */
import { decode } from "../shared/revive.ts";
import { restoreErrors } from "./error_decoder.ts";
import type { ErrorRecord } from "./thrown.ts";

export type { ItemMessage, ResultMessage } from "./value_messages.ts";

/** Revives the shared objects in a value that has arrived, and completes the errors in it. */
export function reviveValue(value: unknown, handles: boolean, errors?: ErrorRecord[]): unknown {
  if (errors !== undefined) restoreErrors(errors);
  return handles ? decode({ value, handles }) : value;
}
