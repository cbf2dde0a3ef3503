/** What is no options object, and `null` where a number is expected: refused at the call, by the option's name. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { inline, limit, Pool, pooled, tune } from "@isopool/isopool";

// deno-lint-ignore no-explicit-any -- what a caller without types can pass
type Any = any;

const double = inline((n: number) => 2 * n);

class WithoutFields {
  #timeout = 5;
  get timeout(): number {
    return this.#timeout;
  }
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Objects that have no options of their own: taken for options, each would mean "all defaults". */
const NO_OPTIONS: Record<string, () => unknown> = {
  "null": () => null,
  "a number": () => 5,
  "text": () => "timeout",
  "a promise": () => Promise.resolve({ timeout: 5 }),
  "a Date": () => new Date(),
  "a Map": () => new Map([["timeout", 5]]),
  "a Set": () => new Set(),
  "an array": () => [],
  "a signal": () => new AbortController().signal,
  "a function": () => () => ({}),
  "a URL": () => new URL("http://localhost"),
  "an instance of a class without fields": () => new WithoutFields(),
  "a revoked proxy": revoked,
};

for (const [name, make] of Object.entries(NO_OPTIONS)) {
  Deno.test(`${name} is refused as the options of pooled(), limit(), a call of limit(), tune() and the policies in them`, async () => {
    const run = limit(1);
    const calls: Record<string, (value: Any) => unknown> = {
      pooled: (value) => pooled([1], () => 1, value),
      "a call of limit": (value) => run(() => 1, value),
      rate: (rate) => pooled([1], () => 1, { rate }),
      adaptive: (adaptive) => pooled([1], () => 1, { adaptive }),
    };
    // A number is a concurrency and a number of retries.
    if (name !== "a number") {
      calls.limit = (value) => limit(value);
      calls.retry = (retry) => limit({ retry });
    }
    for (const [call, make1] of Object.entries(calls)) {
      const error = assertThrows(() => make1(make()), TypeError, undefined, call);
      assertMatch(error.message, /^Cannot .*: it takes /, call);
    }
    const error = await assertRejects(() => tune(() => 1, make() as Any), TypeError);
    assertMatch(error.message, /^Cannot tune: `options` is .*: it takes /);
    assertEquals(await run(() => "still works"), "still works");
  });
}

Deno.test("null is refused where a number or a word is expected, by the option's name", async () => {
  const calls: Record<string, (options: Any) => unknown> = {
    "pooled concurrency,buffer,onError,timeout,retry,rate,total,ordered,signal,adaptive,progress,label": (options) =>
      pooled([1], () => 1, options),
    "limit concurrency,timeout,retry,rate,signal": (options) => limit(options),
    "pool workers,minWorkers,killGrace,idleTimeout,concurrencyPerWorker,maxQueue,maxTasksPerWorker,timeout,retry,backend,name,memoryLimit":
      (options) => new Pool(options),
  };
  await using pool = new Pool({ backend: "async", workers: 1 });
  calls["map chunkSize,onError,timeout,retry,total,label"] = (options) => pool.map(double, [1], options);
  calls["imap buffer,onError,timeout,retry"] = (options) => pool.imap(double, [1], options);
  for (const [names, call] of Object.entries(calls)) {
    for (const option of names.split(" ")[1].split(",")) {
      const error = assertThrows(
        () => call({ [option]: null }),
        TypeError,
        undefined,
        `${names.split(" ")[0]}: ${option}`,
      );
      assertMatch(error.message, new RegExp(`\\b${option}\\b.* is null: it takes `));
    }
  }
  for (const option of ["duration", "concurrencies"]) {
    await assertRejects(() => tune(() => 1, { [option]: null } as Any), TypeError, `\`${option}\` is null`);
  }
  assertThrows(() => pooled([1], () => 1, { adaptive: { min: null } as Any }), TypeError, "`adaptive.min` is null");
  assertThrows(() => limit({ retry: { maxAttempts: null } as Any }), TypeError, "`retry.maxAttempts` is null");
  assertThrows(() => new Pool(null as Any), TypeError, "`options` is null");
});

Deno.test("a revoked proxy is refused as an input, a signal and a sink", async () => {
  const call = pooled as Any;
  assertThrows(() => call(revoked(), () => 1), TypeError, "`items` is an object: it takes an iterable");
  assertThrows(
    () => call([1], () => 1, { signal: revoked() }),
    TypeError,
    "`signal` is an object: it takes an AbortSignal",
  );
  assertThrows(
    () => call([1], () => 1, { progress: revoked() }),
    TypeError,
    "`progress` is an object: it takes true or",
  );
  await using pool = new Pool({ backend: "async", workers: 1 });
  assertThrows(() => pool.map(double, revoked() as Any), TypeError, "`items` is an object: it takes an iterable");
});

Deno.test("options of a null prototype, with a prototype of defaults, and of another realm are taken", async () => {
  const bare = Object.assign(Object.create(null), { concurrency: 1 });
  assertEquals(await pooled([1], (n) => n, bare), [1]);
  assertEquals(await pooled([1], (n) => n, Object.create({ concurrency: 1 })), [1]);
  const { runInNewContext } = await import("node:vm");
  assertEquals(await pooled([1], (n) => n, runInNewContext("({ concurrency: 1 })")), [1]);
  assertEquals(await pooled([1], (n) => n, { concurrency: undefined, retry: undefined }), [1]);
});
