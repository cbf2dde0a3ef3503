/**
 * Python: "a pool of proxy addresses: crawling for them and verifying them are two independent functions, so start two
 * processes". They exchange data through a `Queue`.
 *
 * They share only the queue, so that each can be stopped and started again. The verifier gets stuck at a proxy that
 * accepts the connection and sends nothing; it is killed, and one with a shorter timeout continues. The item that the
 * killed verifier had taken is not in the queue any more: `takeLost` gives its number, and the script puts it again.
 */
import { assertEquals } from "@std/assert";
import { Process, Queue, tasks } from "@isopool/isopool";
import { proxyNet } from "./support/proxy_net.ts";
import type { Verdict } from "./tasks/proxies.ts";

const { crawl, verify } = tasks<typeof import("./tasks/proxies.ts")>(import.meta.resolve("./tasks/proxies.ts"));

await using net = await proxyNet();
const found = new Queue<string>({ maxSize: 2 });
const verdicts = new Queue<Verdict>();

const crawler = new Process(crawl, [net.lists, found], { name: "crawler" }).start();
const patient = new Process(verify, [found, verdicts, net.page, 600_000], { name: "patient verifier" }).start();

await net.stuck;
patient.kill();
await patient.join();
console.log(`${patient.name}: ${patient.reason}, after ${verdicts.size} verdicts`);

const verifier = new Process(verify, [found, verdicts, net.page, 2_000], { name: "verifier" }).start();
const addresses = await crawler.result();
const lost = found.takeLost().map((ticket) => addresses[ticket]);
console.log(`lost with it: ${lost.map((address) => address === net.silent ? "the silent one" : address)}`);
for (const address of lost) await found.put(address);
found.close();
await verifier.join();
verdicts.close();

const all = await Array.fromAsync(verdicts);
const good = all.filter(({ error }) => error === undefined).map(({ address }) => address);
console.log(`${all.length} verdicts on ${addresses.length} addresses, ${good.length} are good`);

// Each address has exactly one verdict, and it is right.
assertEquals(lost, [net.silent]);
assertEquals(
  new Map(all.map(({ address, error }) => [address, error])),
  new Map([
    ...net.live.map((address) => [address, undefined] as const),
    ...net.closed.map((address) => [address, "TypeError"] as const),
    [net.web, "status 404"],
    [net.silent, "TimeoutError"],
  ]),
);
assertEquals(all.length, addresses.length);
assertEquals(net.via, new Set(net.live)); // The live proxies did forward requests.
