import { tracingChannel } from "node:diagnostics_channel";
import { assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { test } from "../support/within.ts";

interface Message {
  pool: string;
  task: string;
  kind: string;
  outcome?: string;
  error?: Error;
}

const upTo = inline(function* upTo(to: number) {
  for (let n = 0; n < to; n++) yield n;
});

for (const backend of ["worker", "process", "async"] as const) {
  test(`${backend}: the channel isopool:task reports submits, maps and streams, from the first subscriber on`, async () => {
    await using pool = new Pool({ workers: 1, backend, name: "traced" });
    await pool.submit(values.double, 1);
    const lines: string[] = [];
    const messages = new Set<Message>();
    const note = (event: string) => (given: unknown) => {
      const message = given as Message;
      messages.add(message);
      lines.push(`${event} ${message.kind} ${message.task}: ${message.outcome ?? "-"}`);
    };
    const names = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
    const handlers = Object.fromEntries(names.map((name) => [name, note(name)])) as Record<
      typeof names[number],
      (message: unknown) => void
    >;
    const channel = tracingChannel("isopool:task");
    channel.subscribe(handlers);
    await pool.submit(values.double, 1);
    await pool.map(values.double, [1, 2, 3]);
    assertEquals(await pool.stream(upTo, 2), [0, 1]);
    await pool.submit(values.failOdd, 1).exception();
    channel.unsubscribe(handlers);
    await pool.submit(values.double, 2);
    assertEquals(lines, [
      "start call double: -",
      "end call double: -",
      "asyncStart call double: fulfilled",
      "asyncEnd call double: fulfilled",
      "start map double: -",
      "end map double: -",
      "asyncStart map double: fulfilled",
      "asyncEnd map double: fulfilled",
      "start stream upTo: -",
      "end stream upTo: -",
      "asyncStart stream upTo: fulfilled",
      "asyncEnd stream upTo: fulfilled",
      "start call failOdd: -",
      "end call failOdd: -",
      "error call failOdd: rejected",
      "asyncStart call failOdd: rejected",
      "asyncEnd call failOdd: rejected",
    ]);
    assertEquals([...messages].map(({ pool }) => pool), ["traced", "traced", "traced", "traced"]);
    assertEquals([...messages][3].error instanceof Error, true);
  });
}
