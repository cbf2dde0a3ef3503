/**
 * The task `bounce` for piscina: moves its bytes back.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";

const { move } = await peer("piscina");

/** @param {Uint8Array} bytes */
export function bounce(bytes) {
  return move(bytes);
}
