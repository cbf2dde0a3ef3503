/** What another process does with the values, queues and locks of a cluster: its options and its job are its arguments. */
import { cluster } from "@isopool/isopool/cluster";

const [options, job, ...args] = Deno.args;
const backend = cluster(JSON.parse(options));

/** Waits until the test lets it go on. */
async function gate(): Promise<void> {
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(1));
}

switch (job) {
  // count TIMES
  case "count": {
    const value = backend.value("steps");
    const big = backend.value("big", "i64");
    await value.get();
    await gate();
    for (let i = 0; i < Number(args[0]); i++) await (i % 2 ? value.add() : value.sub(-1));
    await big.add(2n ** 40n);
    break;
  }
  // produce NAME COUNT
  case "produce": {
    const queue = backend.queue<{ from: string; n: number }>("items", { maxSize: 50 });
    await gate();
    for (let n = 0; n < Number(args[1]); n++) await queue.put({ from: args[0], n });
    break;
  }
  case "consume": {
    await gate();
    for await (const { from, n } of backend.queue<{ from: string; n: number }>("items")) console.log(`${from} ${n}`);
    break;
  }
  // hold LEASE VALUE
  case "hold": {
    const guard = await backend.lock("one", { lease: Number(args[0]) }).acquire();
    console.log(`ready ${guard.token}`);
    guard.signal.addEventListener("abort", () => console.log(`lost ${guard.held} ${guard.signal.reason.name}`));
    await Deno.stdin.read(new Uint8Array(1));
    const write = await backend.value("guarded").set(Number(args[1]), { guard }).then(
      () => "written",
      ({ name }) => name,
    );
    console.log(write);
    await guard.release().catch(({ name }) => console.log(`release ${name}`));
    break;
  }
  case "leave": {
    await backend.queue("q").get({ timeout: 10 }).catch(() => {});
    const { token } = await backend.lock("l").acquire();
    console.log(`token ${token > 0}`);
    break;
  }
}
if (job !== "leave") await backend.close();
