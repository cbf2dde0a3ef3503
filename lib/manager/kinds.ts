/**
 * Every kind of shared object, managers and their objects included. A worker's entry loads it.
 *
 * @module
 */
import "../queue/kinds.ts";
import "./manager.ts";
