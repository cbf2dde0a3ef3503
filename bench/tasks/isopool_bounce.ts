/**
 * Bytes there and back for this module's workers.
 *
 * @module
 */
import { move } from "../../mod.ts";

export function bounce(bytes: Uint8Array): Uint8Array {
  return move(bytes);
}
