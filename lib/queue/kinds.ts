/**
 * Registers every kind of shared object, queues and pipes included, so that messages with them can be decoded.
 *
 * @module
 */
import "../shared/kinds.ts";
import "./joinable_queue.ts";
import "./pipe.ts";
import "./queue.ts";
