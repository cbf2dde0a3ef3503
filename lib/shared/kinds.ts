/**
 * Every kind of shared object: loading this file makes all of them known to `decode`. A worker's entry loads it.
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
