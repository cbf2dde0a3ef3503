/**
 * Soak test of a queue whose threads die: four producers and four consumers share it, and after a number of messages one of
 * them is killed and replaced. No message may arrive twice or out of order, and `takeLost()` must return the ticket of each
 * message that is lost with a consumer. (`put` returns the ticket: the number of the item in the queue.)
 *
 *   deno task soak:queue [messages] [between kills]      default 1,000,000 and 50,000
 *
 * The successor of a killed producer goes on after the last message that was put. Every other thread is a Web Worker. The
 * script prints its figures as one line of JSON, and fails if one of them is wrong.
 *
 * @module
 */
import type { ChannelItems } from "../../lib/queue/channel_items.ts";
import { source } from "../../lib/queue/queue.ts";
import { Queue, SharedArray } from "../../mod.ts";
import { TestThread } from "../../tests/shared/support/test_thread.ts";
import { integerOf } from "../kit/arguments.ts";

const messages = integerOf("messages", Deno.args[0], 1_000_000);
const messagesPerKill = integerOf("between kills", Deno.args[1], 50_000);
const THREADS_A_SIDE = 4;
const NO_TICKET = -1;
const MESSAGES_A_THREAD = messages / THREADS_A_SIDE;

const queue = new Queue<number | number[]>({ maxSize: 500 });
const tickets = new SharedArray("i32", messages), counts = new SharedArray("i32", messages);
tickets.view.fill(NO_TICKET);

/** A producer or consumer of the queue, and its successors: the next thread starts when the one before was killed. */
class Role {
  readonly done: Promise<void>;
  readonly #kind: "producer" | "consumer";
  readonly #index: number;
  #thread: TestThread | undefined;
  /** Messages that a killed thread had begun to put; they may have been put or not. */
  readonly begun: number[] = [];

  constructor(kind: "producer" | "consumer", index: number) {
    this.#kind = kind;
    this.#index = index;
    this.done = this.#run();
  }

  /** Kills the thread that runs now, if there is one. */
  async kill(): Promise<boolean> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.kill();
    return thread !== undefined;
  }

  async #run(): Promise<void> {
    const first = this.#index * MESSAGES_A_THREAD, end = first + MESSAGES_A_THREAD;
    for (let life = this.#index, from = first;; life++) {
      const thread = await TestThread.start(life % 2 === 0 ? "thread" : "web");
      this.#thread = thread;
      try {
        if (this.#kind === "producer") await thread.run("putItems", queue, tickets, from, end - from);
        else await thread.run("getItems", queue, counts, MESSAGES_A_THREAD, this.#index % 2 === 0);
        this.#thread = undefined;
        await thread[Symbol.asyncDispose]();
        return;
      } catch (error) {
        if (this.#thread !== undefined) throw error;
        await thread.ended;
      }
      if (this.#kind === "consumer") continue;
      while (from < end && tickets.get(from) !== NO_TICKET) from++;
      if (from < end) this.begun.push(from++);
    }
  }
}

const start = performance.now();
const producers = Array.from({ length: THREADS_A_SIDE }, (_, i) => new Role("producer", i));
const consumers = Array.from({ length: THREADS_A_SIDE }, (_, i) => new Role("consumer", i));
const allPut = Promise.all(producers.map(({ done }) => done));
const allTaken = Promise.all(consumers.map(({ done }) => done));
const lost: number[] = [];
const kills = { producer: 0, consumer: 0 };
let producersDone = false;
// Not awaited: a failure ends the script at once, as an unhandled rejection.
void allPut.then(() => producersDone = true);
for (let nextKill = messagesPerKill, turn = 0; !producersDone; turn++) {
  const items = source(queue as Queue<unknown>) as ChannelItems;
  while (!producersDone && items.channel.putCount < nextKill) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (producersDone) break;
  nextKill += messagesPerKill;
  const kind = turn % 2 === 0 ? "consumer" : "producer";
  const role = (kind === "consumer" ? consumers : producers)[(turn >> 1) % THREADS_A_SIDE];
  if (await role.kill()) kills[kind]++;
  lost.push(...queue.takeLost());
}
await allPut;
queue.close();
await allTaken;
lost.push(...queue.takeLost());
const ms = performance.now() - start;

const named = new Set(lost);
const begun = new Set(producers.flatMap(({ begun }) => begun));
let lostAndNamed = 0, begunAndNotPut = 0, lostAndNotNamed = 0, twice = 0;
counts.view.forEach((count, n) => {
  if (count > 1) twice++;
  if (count > 0) return;
  if (begun.has(n)) begunAndNotPut++;
  else if (named.has(tickets.get(n))) lostAndNamed++;
  else lostAndNotNamed++;
});
const wrong = twice + lostAndNotNamed + (lost.length - named.size) + Math.max(0, lost.length - kills.consumer);
console.log(JSON.stringify({
  messages,
  kills,
  ...{ twice, lostAndNamed, lostAndNotNamed, begunByKilled: begun.size, begunAndNotPut },
  named: lost.length,
  seconds: Math.round(ms / 100) / 10,
  perSecond: Math.round(messages / ms * 1000),
}));
if (wrong > 0) Deno.exit(1);
