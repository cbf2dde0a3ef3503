import { assert, assertEquals } from "@std/assert";
import { type Ended, runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const ENV = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" };

/** A span, as the runtime's console exporter prints it. */
interface Span {
  name: string;
  trace: string;
  id: string;
  parent: string | undefined;
  status: string | undefined;
  attributes: Record<string, string>;
}

function spansOf({ stdout, stderr }: Ended): Span[] {
  return [...(stdout + stderr).matchAll(/^SPAN (.+) \[(\w+)\/(\w+)\] .*\n((?: {2}.*\n)*)/gm)].map(
    ([, name, trace, id, rest]) => {
      const attributes = Object.fromEntries(rest.split("\n").map((line) => line.trim().split(/: (.*)/s, 2)));
      return { name, trace, id, parent: attributes.parent, status: attributes.status, attributes };
    },
  );
}

// A server that answers with the `traceparent` it got; a span of the application around the calls.
const APPLICATION = `
  import { inline, Pool } from "@isopool/isopool";
  const { trace, context } = globalThis[Symbol.for("opentelemetry.js.api.1")];
  const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
  const end = new AbortController();
  const server = Deno.serve(
    { port: 0, signal: end.signal, onListen() {} },
    ({ headers }) => new Response(headers.get("traceparent")),
  );
  const url = "http://127.0.0.1:" + server.addr.port;
  const get = inline(async function get(url) { return await (await fetch(url)).text(); });
  const bad = inline(function bad() { throw new RangeError("bad"); });
  const forever = inline(function forever() { for (;;); });
  const request = trace.getTracer("app").startSpan("request", {}, context.active());
  const within = (run) => context.with(context.active().setValue(SPAN, request), run);
  const env = Deno.args[0] === "process" ? { env: ${JSON.stringify(ENV)} } : {};
  {
    await using pool = new Pool({ workers: 1, backend: Deno.args[0], name: "traced", killGrace: 20, ...env });
    await within(async () => {
      const seen = [await pool.submit(get, url), ...await pool.map(get, [url, url])];
      await pool.submit(bad).exception();
      // A process that is killed loses its last spans: the runtime exports them every 5 s.
      if (Deno.args[0] === "worker") await pool.submit(forever.with({ timeout: 20 })).exception();
      console.log("SEEN", JSON.stringify(seen));
      const variable = inline(() => Deno.env.get("TRACEPARENT") ?? "none");
      console.log("VARIABLE", await pool.submit(variable));
    });
  }
  request.end();
  end.abort();
  await server.finished;
`;

for (const backend of ["worker", "process", "async"]) {
  test(
    `${backend}: with OTEL_DENO, a fetch in a task belongs to the request that submitted it, through submit and run`,
    async () => {
      const ended = await runScript(APPLICATION, { env: ENV, args: [backend], deadline: 60_000 });
      assertEquals(ended.code, 0, ended.stderr);
      const spans = spansOf(ended);
      const [request] = spans.filter(({ name }) => name === "request");
      const submits = spans.filter(({ name }) => name === "submit get");
      assertEquals(submits.map(({ attributes }) => attributes["isopool.kind"]), ["call", "map"]);
      for (const submit of submits) assertEquals([submit.trace, submit.parent], [request.trace, request.id]);
      const runs = spans.filter(({ name }) => name === "run get");
      assertEquals(runs.length, 3);
      for (const { trace } of runs) assertEquals(trace, request.trace);
      assertEquals(runs.map(({ parent }) => submits.findIndex(({ id }) => id === parent)).sort(), [0, 1, 1]);
      // The server saw the client's span, whose parent is the run (on this thread: the request).
      const seen: string[] = JSON.parse(/SEEN (\[.*\])/.exec(ended.stdout + ended.stderr)![1].replaceAll('\\"', '"'));
      assertEquals(seen.length, 3);
      for (const traceparent of seen) {
        const [, trace, id] = traceparent.split("-");
        const client = spans.find((span) => span.id === id);
        assertEquals(trace, request.trace);
        const parents = backend === "async" ? [request.id] : runs.map((run) => run.id);
        assert(parents.includes(client!.parent!), `${backend}: the parent of the fetch`);
      }
      const [single] = submits;
      for (const name of ["isopool.queue_ms", "isopool.transfer_ms", "isopool.run_ms"]) {
        assert(Number(single.attributes[name]) >= 0, `${name}: ${single.attributes[name]}`);
      }
      const failed = spans.filter(({ name }) => name.endsWith(" bad"));
      assertEquals(failed.map(({ status }) => status), ["Error (RangeError: bad)", "Error (RangeError: bad)"]);
      if (backend === "process") assert((ended.stdout + ended.stderr).includes(`VARIABLE 00-${request.trace}-`));
    },
    { deadline: 90_000 },
  );
}

test("metrics count queue, waits, runs, workers, crashes and kills", async () => {
  const ended = await runScript(
    `${APPLICATION}
     {
       await using pool = new Pool({ workers: 1, name: "dying" });
       await pool.submit(inline(() => Deno.exit(1))).exception();
     }`,
    { env: { ...ENV, OTEL_METRIC_EXPORT_INTERVAL: "100" }, args: ["worker"], deadline: 60_000 },
  );
  assertEquals(ended.code, 0, ended.stderr);
  const text = ended.stdout + ended.stderr;
  for (
    const name of ["queue.length", "calls.active", "workers", "call.wait", "call.run", "worker.crashes", "worker.kills"]
  ) {
    assert(text.includes(`METRIC isopool.${name} `), `no metric isopool.${name}`);
  }
  assert(/METRIC isopool\.worker\.crashes [^]*?isopool\.pool=dying[^}]*\}[^]*?1/.test(text));
}, { deadline: 90_000 });

test("without OTEL_DENO nothing of it is loaded, on either side", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-coverage-" });
  try {
    const ended = await runScript(
      `
      import { inline, Pool } from "@isopool/isopool";
      await using pool = new Pool(1);
      await pool.submit(inline(() => 1));
    `,
      { permissions: ["-A", `--coverage=${folder}`] },
    );
    assertEquals([ended.code, ended.stderr], [0, ""]);
    const loaded: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      loaded.push(JSON.parse(await Deno.readTextFile(`${folder}/${name}`)).url);
    }
    const isLoaded = (path: string) => loaded.some((url) => url.endsWith(path));
    for (const path of ["lib/pool/telemetry.ts", "workers/call_runner.ts"]) assert(isLoaded(path), path);
    const optional = ["telemetry", "trace", "trace_file"].map((name) => `lib/observe/${name}.ts`);
    for (const path of [...optional, "workers/call_tracer.ts"]) assert(!isLoaded(path), path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
