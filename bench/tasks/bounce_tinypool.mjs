/**
 * The task `bounce` for tinypool: moves its bytes back.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";

const { Tinypool } = await peer("tinypool");

/** @param {Uint8Array} bytes */
export function bounce(bytes) {
  return Tinypool.move(bytes);
}
