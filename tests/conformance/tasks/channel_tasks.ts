/**
 * What threads do with queues in the conformance tests. Those with `blocking` block their thread where that is possible.
 *
 * @module
 */
import { type JoinableQueue, type Queue, select, type SharedArray, WaitTimeoutError } from "@isopool/isopool";

/** Puts the numbers from `start` up to `end`. */
export async function putRange(queue: Queue<number>, start: number, end: number, blocking: boolean): Promise<void> {
  for (let n = start; n < end; n++) {
    if (blocking) queue.putSync(n);
    else await queue.put(n);
  }
}

/** Puts numbers; returns how often the queue held more than it may. */
export async function putWithin(queue: Queue<number>, end: number): Promise<number> {
  let beyond = 0;
  for (let n = 0; n < end; n++) {
    await queue.put(n);
    if (queue.size > queue.maxSize) beyond++;
  }
  return beyond;
}

/** Puts once and returns what came of it. */
export async function putOnce(queue: Queue<unknown>, item: unknown): Promise<string> {
  return await queue.put(item).then(() => "ok", (error) => error.name);
}

/** Gets once, by blocking or not, and returns what came of it. */
export async function getOnce<T>(queue: Queue<T>, blocking: boolean): Promise<T | string> {
  try {
    return blocking ? queue.getSync() : await queue.get();
  } catch (error) {
    return (error as Error).name;
  }
}

/** Takes until the end; counts each number, and returns how many were not greater than the number before. */
export async function takeAll(queue: Queue<number>, counts: SharedArray<"i32">, blocking: boolean): Promise<number> {
  let [last, disorder] = [-1, 0];
  const note = (n: number) => {
    if (n <= last) disorder++;
    last = n;
    counts.add(n, 1);
  };
  if (!blocking) {
    for await (const n of queue) note(n);
    return disorder;
  }
  for (;;) {
    try {
      note(queue.getSync());
    } catch (error) {
      if ((error as Error).name === "QueueClosedError") return disorder;
      throw error;
    }
  }
}

/** Takes `some` numbers, and counts each. */
export async function takeSome(queue: Queue<number>, counts: SharedArray<"i32">, some: number): Promise<void> {
  for (let n = 0; n < some; n++) counts.add(await queue.get(), 1);
}

/** Puts and takes at once, again and again; returns how often nothing was there to take. */
export async function putAndTry(queue: Queue<number>, times: number): Promise<number> {
  let empty = 0;
  for (let n = 0; n < times; n++) {
    await queue.put(n);
    if (queue.tryGet().state !== "ok") empty++;
  }
  return empty;
}

/** Puts with a short limit until it succeeds; returns how often it had to try again. */
export async function putImpatiently(queue: Queue<number>, end: number, timeout: number): Promise<number> {
  let again = 0;
  for (let n = 0; n < end;) {
    try {
      await queue.put(n, { timeout });
      n++;
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error;
      again++;
    }
  }
  return again;
}

/** Gets with a short limit until it succeeds; returns what it got. */
export async function getImpatiently(queue: Queue<number>, count: number, timeout: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    try {
      seen.push(await queue.get({ timeout }));
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error;
    }
  }
  return seen;
}

/** Answers every request with 1. */
export async function answer(requests: Queue<null>, responses: Queue<number>): Promise<void> {
  for await (const _ of requests) await responses.put(1);
}

/** Sends a queue through a queue, then another through that, and so on. */
export async function nest(first: Queue<Queue<unknown>>, queues: Queue<unknown>[]): Promise<void> {
  let queue = first as Queue<unknown>;
  for (const next of queues) {
    await queue.put(next);
    queue = next;
  }
}

/** Takes a queue out of a queue, then another out of that; returns how often. */
export async function unnest(queue: Queue<unknown>, times: number): Promise<number> {
  let at = queue;
  for (let n = 0; n < times; n++) at = await at.get() as Queue<unknown>;
  return times;
}

/** Selects until all queues are closed and empty; returns how many items each queue gave. */
export async function selectAll(queues: Queue<number>[], counts: SharedArray<"i32">): Promise<number[]> {
  const hits = queues.map(() => 0);
  for (let rest = queues.map((_, place) => place); rest.length > 0;) {
    const { index, result } = await select(rest.map((place) => queues[place]));
    if (result.state === "closed") rest = rest.filter((_, at) => at !== index);
    else if (result.state === "ok") {
      hits[rest[index]]++;
      counts.add(result.value, 1);
    }
  }
  return hits;
}

/** Tries once to take from any of the queues, without waiting. */
export async function trySelect(queues: Queue<number>[]): Promise<string> {
  try {
    const { result } = await select(queues, { timeout: 0 });
    return result.state;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Announces each turn, puts into the first queue, and takes from either at once. Returns how often that found nothing. */
export async function selectAtOnce(
  [first, second]: [Queue<number>, Queue<number>],
  [starts, ends]: [Queue<number>, Queue<number>],
  turns: number,
): Promise<number> {
  let failures = 0;
  for (let turn = 0; turn < turns; turn++) {
    await starts.put(turn);
    await first.put(1);
    if (await trySelect([first, second]) !== "ok") failures++;
    await ends.put(turn);
    second.tryGet(); // What another thread has put meanwhile.
  }
  return failures;
}

/** Passes on what it gets, plus one. */
export async function increment(from: Queue<number>, to: Queue<number>): Promise<void> {
  await to.put(await from.get() + 1);
}

/** Waits for its turn, takes one number, and passes the turn on. */
export async function inTurn(numbers: Queue<number>, turn: Queue<null>, next: Queue<null>): Promise<number> {
  await turn.get();
  const number = await numbers.get();
  await next.put(null);
  return number;
}

/** Distributes numbers over queues, with each wherever there is room first; closes them at the end. */
export async function spread(queues: Queue<number>[], end: number): Promise<void> {
  for (let n = 0; n < end; n++) {
    const free = queues.findIndex((queue) => queue.tryPut(n) === "ok");
    if (free < 0) await queues[n % queues.length].put(n);
  }
  for (const queue of queues) queue.close();
}

/** Passes everything on, and says so at the end. */
export async function passOn(from: Queue<number>, to: Queue<number>, done: Queue<boolean>): Promise<void> {
  for await (const n of from) await to.put(n);
  await done.put(true);
}

/** Drops the multiples of the first number that comes: a stage of the sieve. The first number is the prime. */
export async function sieve(from: Queue<number>, to: Queue<number>, primes: Queue<number>): Promise<void> {
  const prime = await from.get();
  await primes.put(prime);
  for await (const n of from) {
    if (n % prime !== 0 && await to.put(n).then(() => false, () => true)) return;
  }
  to.close();
}

/** Works on jobs until there are none, with `taskDone` for each. */
export async function work(jobs: JoinableQueue<number>, sum: SharedArray<"i32">): Promise<void> {
  for await (const n of jobs) {
    sum.add(0, n);
    jobs.taskDone();
  }
}
