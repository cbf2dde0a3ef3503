/**
 * Bytes there and back for tinypool.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";

const { Tinypool } = await peer("tinypool");

/** @param {Uint8Array} bytes */
export function bounce(bytes) {
  return Tinypool.move(bytes);
}
