/**
 * Messages through one queue, with deaths: four producers, four consumers, and a consumer or a producer killed after so
 * many messages, and replaced. Nothing may come twice, change places, or be lost without its name.
 *
 *   deno task soak:queue [messages] [between kills]      default 1,000,000 and 50,000
 *
 * A killed producer's successor goes on behind what was put of it. Every other thread is a Web Worker. Prints the
 * figures as one line of JSON, and fails if one of them is wrong.
 *
 * @module
 */
import { channel } from "../../lib/queue/queue.ts";
import { Queue, SharedArray } from "../../mod.ts";
import { Party } from "../../tests/shared/support/party.ts";

const [messages = 1_000_000, between = 50_000] = Deno.args.map(Number);
const SIDE = 4;
const NO_TICKET = -1;
const EACH = messages / SIDE;

const queue = new Queue<number | number[]>({ maxSize: 500 });
const tickets = new SharedArray("i32", messages), counts = new SharedArray("i32", messages);
tickets.view.fill(NO_TICKET);

/** A place at the queue, taken by one thread after another. */
class Seat {
  readonly done: Promise<void>;
  readonly #kind: "producer" | "consumer";
  readonly #index: number;
  #party: Party | undefined;
  /** Messages that a killed thread of this place had begun to put: nobody knows whether it has. */
  readonly begun: number[] = [];

  constructor(kind: "producer" | "consumer", index: number) {
    this.#kind = kind;
    this.#index = index;
    this.done = this.#work();
  }

  /** Kills the thread that is at work now, if there is one. */
  async kill(): Promise<boolean> {
    const party = this.#party;
    this.#party = undefined;
    await party?.kill();
    return party !== undefined;
  }

  async #work(): Promise<void> {
    const first = this.#index * EACH, end = first + EACH;
    for (let born = this.#index, from = first;; born++) {
      const party = await Party.start(born % 2 === 0 ? "thread" : "web");
      this.#party = party;
      try {
        if (this.#kind === "producer") await party.run("putItems", queue, tickets, from, end - from);
        else await party.run("getItems", queue, counts, EACH, this.#index % 2 === 0);
        this.#party = undefined;
        await party[Symbol.asyncDispose]();
        return;
      } catch (error) {
        if (this.#party !== undefined) throw error;
        await party.ended;
      }
      if (this.#kind === "consumer") continue;
      while (from < end && tickets.get(from) !== NO_TICKET) from++;
      if (from < end) this.begun.push(from++);
    }
  }
}

const start = performance.now();
const producers = Array.from({ length: SIDE }, (_, i) => new Seat("producer", i));
const consumers = Array.from({ length: SIDE }, (_, i) => new Seat("consumer", i));
const put = Promise.all(producers.map(({ done }) => done));
const taken = Promise.all(consumers.map(({ done }) => done));
const lost: number[] = [];
const kills = { producer: 0, consumer: 0 };
let over = false;
// Whatever fails ends the script, at once.
void put.then(() => over = true);
for (let goal = between, turn = 0; !over; turn++) {
  while (!over && channel(queue as Queue<unknown>).putCount < goal) await new Promise((next) => setTimeout(next, 5));
  if (over) break;
  goal += between;
  const kind = turn % 2 === 0 ? "consumer" : "producer";
  const seat = (kind === "consumer" ? consumers : producers)[(turn >> 1) % SIDE];
  if (await seat.kill()) kills[kind]++;
  lost.push(...queue.takeLost());
}
await put;
queue.close();
await taken;
lost.push(...queue.takeLost());
const ms = performance.now() - start;

const named = new Set(lost);
const begun = new Set(producers.flatMap(({ begun }) => begun));
let missing = 0, unsure = 0, unnamed = 0, twice = 0;
counts.view.forEach((count, n) => {
  if (count > 1) twice++;
  if (count > 0) return;
  if (begun.has(n)) unsure++;
  else if (named.has(tickets.get(n))) missing++;
  else unnamed++;
});
const wrong = twice + unnamed + (lost.length - named.size) + Math.max(0, lost.length - kills.consumer);
console.log(JSON.stringify({
  messages,
  kills,
  ...{ twice, lostAndNamed: missing, lostAndNotNamed: unnamed, begunByTheKilled: begun.size, ofTheseNotPut: unsure },
  named: lost.length,
  seconds: Math.round(ms / 100) / 10,
  perSecond: Math.round(messages / ms * 1000),
}));
if (wrong > 0) Deno.exit(1);
