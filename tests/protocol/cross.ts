/**
 * `cross()`: an error, as it arrives on another thread.
 *
 * @module
 */
import { decodeThrown } from "../../lib/protocol/error_decoder.ts";
import { encodeThrown } from "../../lib/protocol/error_record.ts";

/** There and back, by way of the clone that a message makes. */
// deno-lint-ignore no-explicit-any -- errors of every class are looked into
export function cross(thrown: unknown): any {
  return decodeThrown(structuredClone(encodeThrown(thrown)));
}
