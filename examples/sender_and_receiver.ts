/**
 * Python: one process puts, another one gets until it gets `None`. It has a trap: `send_process.join()` before the first
 * `get` never returns if the queue has more than its pipe holds (64 KB), because the sender's feeder thread waits for a
 * reader.
 *
 * Here a queue is shared memory and has no feeder thread: an item is in the queue when `put` has returned, and the sender
 * may end. `close()` ends the queue for any number of receivers; `null` is an item like any other.
 */
import { assertEquals } from "@std/assert";
import { Process, Queue, tasks } from "@isopool/isopool";

const mail = tasks<typeof import("./tasks/mail.ts")>(import.meta.resolve("./tasks/mail.ts"));
const COUNT = 2_000;

// The sender is joined before there is a receiver: 2 MB wait in the queue.
const first = new Queue<string | null>();
const sender = new Process(mail.sender, [first, COUNT]).start();
await sender.join();
console.log(`sender joined, ${first.size} letters wait`);
assertEquals([sender.exitCode, first.size], [0, COUNT]);
const receiver = new Process(mail.receiver, [first]).start();
await receiver.join();
const received = await receiver.result();
console.log(`received ${received[0]} letters, ${received[1]} characters`);

// The receiver starts first, and is joined first; the sender waits when the bounded queue is full.
const second = new Queue<string | null>({ maxSize: 8 });
const early = new Process(mail.receiver, [second]).start();
const late = new Process(mail.sender, [second, COUNT]).start();
await early.join();
await late.join();
console.log(`the other order: received ${(await early.result())[0]} letters`);
assertEquals(await early.result(), received);

const characters = Array.from({ length: COUNT }, (_, i) => i === 1 ? 0 : `letter ${i} `.length * 100);
assertEquals(received, [COUNT, characters.reduce((a, b) => a + b)]);
