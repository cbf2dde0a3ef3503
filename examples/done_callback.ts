/**
 * Python: `t.submit(func, name).add_done_callback(do_callback)`.
 *
 * A callback gets the future. Callbacks run when their tasks end, not in the order of submission, and all of them have run
 * when the pool's block ends.
 */
import { assertEquals } from "@std/assert";
import { type Future, Pool } from "@isopool/isopool";

const func = (name: string, ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, name));

const order: string[] = [];
const doCallback = async (future: Future<string>) => {
  order.push(await future);
};

{
  await using pool = new Pool({ backend: "async", workers: 10 });
  pool.submit(func, "thread 1", 300).addDoneCallback(doCallback);
  pool.submit(func, "thread 2", 200).addDoneCallback(doCallback);
  pool.submit(func, "thread 3", 100).addDoneCallback(doCallback);
}

console.log(order);
assertEquals(order, ["thread 3", "thread 2", "thread 1"]);
