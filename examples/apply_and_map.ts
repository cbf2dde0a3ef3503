/**
 * Python: `pool.apply(worker, (5,))`, then `pool.map(worker, range(10))` on four workers, each call taking a second.
 *
 * Ten calls on four workers take three rounds: about three seconds. After `close()` the pool accepts no more tasks;
 * `join()` waits for those that it has.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pool, PoolClosedError, tasks } from "@isopool/isopool";

const { worker } = tasks<typeof import("./tasks/sleepy_square.ts")>(import.meta.resolve("./tasks/sleepy_square.ts"));

const pool = await new Pool(4).ready();
const square = await pool.apply(worker, [5]);
console.log(square);
assertEquals(square, 25);

const start = performance.now();
const squares = await pool.map(worker, Array.from({ length: 10 }, (_, i) => i));
const seconds = (performance.now() - start) / 1000;
console.log(squares.join(" "), `in ${seconds.toFixed(1)} s`);
assertEquals(squares, [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
assert(seconds > 2.9 && seconds < 6);

pool.close();
assertThrows(() => pool.submit(worker, 1), PoolClosedError);
await pool.join();
