/**
 * Registers every kind of shared object, managers and their proxies included, so that messages with them can be decoded.
 * The entry of a worker loads it.
 *
 * @module
 */
import "../queue/kinds.ts";
import "./manager.ts";
