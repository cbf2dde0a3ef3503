/**
 * Bytes there and back for piscina.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";

const { move } = await peer("piscina");

/** @param {Uint8Array} bytes */
export function bounce(bytes) {
  return move(bytes);
}
