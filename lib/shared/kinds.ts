/**
 * Registers every kind of shared object, so that `decode` can make them. The entry of a worker imports this file.
 *
 * @module
 */
import "./barrier.ts";
import "./bounded_semaphore.ts";
import "./condition.ts";
import "./counter.ts";
import "./lock.ts";
import "./rlock.ts";
import "./semaphore.ts";
import "./shared_array.ts";
import "./shared_event.ts";
import "./value.ts";
