/**
 * The task of the benchmarks of bytes that are moved there and back, as isopool runs it.
 *
 * @module
 */
import { move } from "../../mod.ts";

export function bounce(bytes: Uint8Array): Uint8Array {
  return move(bytes);
}
