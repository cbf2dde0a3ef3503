import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inline, Pool, QueueClosedError, tasks } from "@isopool/isopool";
import { cluster, ClusterError, type RedisServer, serveWorker } from "@isopool/isopool/cluster";
import { makeCertificates, noCertificates } from "../support/certificates.ts";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { noRedis, TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, test as register, timed, until, within } from "../support/within.ts";
import { lines } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { double, record, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

function test(name: string, body: () => Promise<void>): void {
  register(name, body, { deadline: 180_000, ignore: noRedis ?? noCertificates ?? false });
}

/** The rule that docs/cluster.md gives. */
async function documentedRule(): Promise<string> {
  const text = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));
  const [, rule] = /^user isopool (on >PASSWORD [^`]+)/m.exec(text)!;
  return rule.replaceAll("\n", " ").replace("PASSWORD", "secret").trim();
}

/** Starts a Redis that wants certificates, with users. */
async function start() {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-tls-" });
  await makeCertificates(folder);
  const rule = await documentedRule();
  await Deno.writeTextFile(
    `${folder}/users.acl`,
    `user default off
user isopool ${rule}
user silent on >secret ~* &* -@all
user foreign on >secret ~other:* &other:* +@all
`,
  );
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const redis = await TestRedis.start(
    ...[
      "--tls-port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--tls-auth-clients",
      "yes",
      "--aclfile",
      `${folder}/users.acl`,
    ],
    ...["--tls-cert-file", `${folder}/server.crt`, "--tls-key-file", `${folder}/server.key`],
    ...["--tls-ca-cert-file", `${folder}/ca.crt`],
  );
  const file = (name: string) => Deno.readTextFileSync(`${folder}/${name}`);
  const tls = { ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") };
  const server: RedisServer = { host: "localhost", port, username: "isopool", password: "secret", tls };
  return {
    folder: redis.folder,
    server,
    tls,
    otherCa: file("other.crt"),
    async [Symbol.asyncDispose]() {
      await redis[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

test("certificates on both sides and the documented rights are enough for calls, hosts, values, queues and locks", async () => {
  await using redis = await start();
  const options = { redis: redis.server, queue: "secure" };
  await using one = await TestHost.start({ ...options, concurrency: 2 });
  await using _two = await TestHost.start({ ...options, concurrency: 2 });
  await using backend = cluster(options);
  await using pool = new Pool({ backend, retry: 2 });
  assertEquals(await within(3 * MUST_HAPPEN, pool.submit(double, 4)), 8);
  assertEquals((await within(3 * MUST_HAPPEN, pool.map(double, Array(600).keys()))).length, 600);
  const count = inline(async function* (n: number) {
    for (let i = 0; i < n; i++) yield i;
  });
  assertEquals((await within(3 * MUST_HAPPEN, pool.stream(count, 20))).length, 20);
  const cancelled = pool.submit(waitForSignal, `${redis.folder}/waits`);
  await until(() => Deno.stat(`${redis.folder}/waits`).then(() => true, () => false), "it runs", 3 * MUST_HAPPEN);
  cancelled.cancel();
  await timed(within(3 * MUST_HAPPEN, cancelled.result()));
  // What a killed host had goes to the other one.
  const file = `${redis.folder}/runs`;
  const all = pool.starmap(record, Array.from({ length: 100 }, (_, n) => [file, n, 50] as const));
  await until(async () => await lines(file) > 10, "a part has run", 3 * MUST_HAPPEN);
  await one.kill();
  assertEquals((await within(40_000, all)).length, 100);
  await backend.value("n").add();
  const queue = backend.queue<number>("q", { maxSize: 1 });
  await queue.put(1);
  const put = queue.put(2);
  assertEquals([await queue.get(), await queue.get(), await put], [1, 2, 1]);
  // It may reject while the close is awaited.
  const waits = timed(queue.get());
  await queue.close();
  expectError((await waits).error, QueueClosedError);
  await queue.delete();
  await using guard = await backend.lock("l", { lease: 300 }).acquire();
  const next = backend.lock("l").acquire();
  await guard.release();
  await (await next).release();
  await backend.value("n").delete();
});

test("what Redis refuses is a ClusterError that says what to do (bound: 4 s each)", async () => {
  await using redis = await start();
  const { server, tls, otherCa } = redis;
  const { cert: _cert, key: _key, ...withoutCertificate } = tls;
  const { ca: _ca, ...withoutAuthority } = tls;
  const { tls: _tls, ...plain } = server;
  const { username: _username, password: _password, ...anonymous } = server;
  const cases: [string, RedisServer, string][] = [
    ["no client certificate", { ...server, tls: withoutCertificate }, "tls: { ca, cert, key }"],
    ["another authority", { ...server, tls: { ...tls, ca: otherCa } }, "tls: { ca }"],
    ["no authority", { ...server, tls: withoutAuthority }, "tls: { ca }"],
    ["another name", { ...server, tls: { ...tls, servername: "redis.example.com" } }, "servername"],
    ["no TLS", plain, "rediss://"],
    ["a wrong password", { ...server, password: "guess" }, "`password`"],
    ["no password", anonymous, "wants a password"],
    ["a user without rights", { ...server, username: "silent" }, "rights"],
    ["a user with rights for other keys", { ...server, username: "foreign" }, "rights"],
  ];
  for (const [what, address, advice] of cases) {
    const options = { redis: address, queue: "refused" };
    await using pool = new Pool({ backend: cluster(options) });
    await using backend = cluster(options);
    const calls: Promise<unknown>[] = [
      pool.submit(double, 1).result(),
      backend.value("n").get(),
      serveWorker(options).then((host) => host.close()),
    ];
    for (const { ms, error } of await Promise.all(calls.map((call) => timed(within(MUST_HAPPEN, call))))) {
      assertStringIncludes(expectError(error, ClusterError).message, advice, what);
      assert(ms < 4_000, `${what}: ${ms} ms`);
      assert(!Deno.inspect(error).includes("secret"), "the password is not shown");
    }
  }
});

test("a server that takes connections and never answers is a ClusterError after 2 s (bound: 6 s)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const options = { redis: `redis://127.0.0.1:${port}`, queue: "mute" };
  await using backend = cluster(options);
  for (const call of [() => backend.value("n").get(), () => serveWorker(options)]) {
    const { ms, error } = await timed<unknown>(within<unknown>(MUST_HAPPEN, call()));
    assertStringIncludes(expectError(error, ClusterError).message, "does not answer");
    assert(ms < 6_000, `${ms} ms`);
  }
  listener.close();
  await accepting;
  for (const connection of connections) connection.close();
});
