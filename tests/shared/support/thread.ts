/**
 * The entry of a test thread: it joins the owner table and runs acts, as the worker of a pool runs tasks. The same file starts
 * in a node thread and in a Web Worker.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
import "../../../lib/queue/kinds.ts";
import { OwnerTable } from "../../../lib/shared/owner_table.ts";
import { decode, encode, type Envelope } from "../../../lib/shared/revive.ts";
import { type Act, acts } from "./acts.ts";

interface ThreadInit {
  port: MessagePort;
  owners?: { memory: SharedArrayBuffer; id: number };
}

interface Run {
  act: Act;
  args: Envelope;
}

async function serve({ port, owners }: ThreadInit): Promise<void> {
  if (owners) OwnerTable.join(owners.memory, owners.id);
  // The thread holds a Web Lock, so that terminate() stops an endless loop: ARCHITECTURE.md, decision A.
  await new Promise<void>((onHeld) => {
    const { locks } = navigator as unknown as { locks: { request(name: string, callback: () => unknown): unknown } };
    void locks.request(crypto.randomUUID(), () => {
      onHeld();
      return new Promise(() => {});
    });
  });
  port.onmessage = async ({ data }: MessageEvent<Run>) => {
    try {
      // deno-lint-ignore no-explicit-any -- each act checks nothing: the tests pass what it takes
      const value = await (acts[data.act] as any)(...decode(data.args) as unknown[]);
      port.postMessage({ ok: true, value: encode(value) });
    } catch (error) {
      port.postMessage({ ok: false, error });
    }
  };
  port.postMessage("ready");
}

if (workerData?.port) void serve(workerData);
else globalThis.addEventListener("message", (event) => void serve((event as MessageEvent).data), { once: true });
