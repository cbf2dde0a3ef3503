/**
 * Python: `threading.Event`: `set()` wakes all waiting threads, `clear()` makes the next ones wait, `is_set()` reads the
 * state, and `wait(timeout)` returns False when the time is up.
 *
 * Cars at a traffic light, each in a thread of its own: `waitSync` blocks a worker's thread, `wait` is for main.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { Process, Queue, SharedEvent, tasks, WaitTimeoutError } from "@isopool/isopool";

const { drive } = tasks<typeof import("./tasks/traffic.ts")>(import.meta.resolve("./tasks/traffic.ts"));

const green = new SharedEvent();
const log = new Queue<string>();
const lines = async (count: number) => (await Promise.all(Array.from({ length: count }, () => log.get()))).sort();

const cars = ["red car", "blue car"].map((car) => new Process(drive, [car, green, log]).start());
assertEquals(await lines(2), ["blue car waits", "red car waits"]);
await assertRejects(() => green.wait({ timeout: 50 }), WaitTimeoutError);
console.log("both wait, none drives:", log.size === 0);
assertEquals([log.size, green.isSet], [0, false]);

green.set();
for (const car of cars) await car.join();
const driven = await lines(2);
console.log("green:", driven.join(", "));
assertEquals(driven, ["blue car drives", "red car drives"]);

// A car that arrives at green does not wait; after clear() the next one waits.
await new Process(drive, ["taxi", green, log]).start().join();
assertEquals(await lines(2), ["taxi drives", "taxi sees green"]);
green.clear();
const bus = new Process(drive, ["bus", green, log]).start();
assertEquals(await lines(1), ["bus waits"]);
console.log("red again: the bus waits");
green.set();
await bus.join();
assertEquals(await lines(1), ["bus drives"]);
