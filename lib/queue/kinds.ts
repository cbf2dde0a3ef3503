/**
 * Every kind of shared object, queues included. A worker's entry loads it.
 *
 * @module
 */
import "../shared/kinds.ts";
import "./joinable_queue.ts";
import "./pipe.ts";
import "./queue.ts";
