/**
 * Python: `threading.Event`: `set()` wakes all who wait, `clear()` has them wait again, `is_set()` looks, and
 * `wait(timeout)` gives False when it took too long.
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
console.log("both wait; nobody drives:", log.size === 0);
assertEquals([log.size, green.isSet], [0, false]);

green.set();
for (const car of cars) await car.join();
const driven = await lines(2);
console.log("green:", driven.join(", "));
assertEquals(driven, ["blue car drives", "red car drives"]);

// Who comes while it is green does not wait; after clear() one waits again.
await new Process(drive, ["taxi", green, log]).start().join();
assertEquals(await lines(2), ["taxi drives", "taxi sees green"]);
green.clear();
const bus = new Process(drive, ["bus", green, log]).start();
assertEquals(await lines(1), ["bus waits"]);
console.log("red again: the bus waits");
green.set();
await bus.join();
assertEquals(await lines(1), ["bus drives"]);
