/**
 * The task `bounce` for this module: moves its bytes back.
 *
 * @module
 */
import { move } from "../../mod.ts";

export function bounce(bytes: Uint8Array): Uint8Array {
  return move(bytes);
}
