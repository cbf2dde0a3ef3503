/**
 * Hostile clients: tasks that use the internals of a proxy.
 *
 * @module
 */
import type { ManagedProxy } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";
import { Channel } from "../../lib/queue/channel.ts";
import { Client } from "../../lib/manager/client.ts";
import { encodeRecord, encodeRequest } from "../../lib/manager/record.ts";
import type { ClientRequest, ManagerMemory } from "../../lib/manager/requests.ts";

function internalsOf(proxy: ManagedProxy): { client: Client; memory: ManagerMemory; object: number } {
  const handle = proxy[BRAND]();
  const memory = handle.manager as ManagerMemory;
  return { client: Client.of(memory), memory, object: handle.object as number };
}

/** Calls methods by name; returns how each call ended. */
export async function attack(proxy: ManagedProxy, names: string[]): Promise<string[]> {
  const { client, object } = internalsOf(proxy);
  const ends: string[] = [];
  for (const name of names) {
    const call = client.call("attack", object, name, [{ ["__proto__"]: { polluted: true } }]);
    ends.push(await call.then((value) => `returned ${value}`, (error: Error) => error.name));
  }
  return ends;
}

function endless(): unknown[] {
  const list: unknown[] = [];
  list.length = 2 ** 32 - 1;
  return list;
}

/** Puts malformed requests into the manager's inbox, between real calls; returns the replies to them. */
export async function garble(proxy: ManagedProxy): Promise<string[]> {
  const { client, memory, object } = internalsOf(proxy);
  await client.call("connect", object, "length", []);
  const inbox = new Channel(memory.inbox);
  const malformed: unknown[] = [
    undefined,
    5,
    {},
    [],
    [1],
    ["constructor"],
    ["__proto__", 1],
    // With a chain, so that the client does not use the short form of a call.
    ["call", undefined, 1, [], [0]],
    ["call", "x", "push", [], [0]],
    ["call", object, "push", "not an array", [0]],
    ["call", object, "push", [], [0, "x"]],
    ["begin", object],
    ["begin", object, 1, [], 1],
    ["end", 1],
    ["connect", "x"],
    ["make", object],
    // An own error for each: as text, a list of this length takes a minute.
    ["call", object, "sort", [endless()], [0]],
    ["call", object, "extend", [endless()], [0]],
    ["call", object, "slice", [endless()], [0]],
    ["call", object, "insert", [endless(), 1], [0]],
  ];
  const ends: string[] = [];
  for (const each of malformed) {
    ends.push(await client.request("garble", each as ClientRequest).then(String, (error: Error) => error.name));
  }
  const put = (kind: number, bytes: Uint8Array) => inbox.put("garble", { kind, bytes }, undefined);
  await put(7, new Uint8Array(3));
  await put(7, new Uint8Array(64).fill(255));
  await put(99, new Uint8Array(8));
  await put(6, new TextEncoder().encode("12345678{not json"));
  // The short form of a call: cut off, with a method longer than the record, with arguments that are none.
  for (const form of [1, 2, 3, 200]) {
    await put(form << 8 | 4, new Uint8Array(12));
    await put(form << 8 | 5, new Uint8Array(24).fill(255));
    await put(form << 8, encodeRequest(1, 0, ["call", object, "clear".repeat(40), [], []]).bytes.slice(0, 40));
  }
  // From a client that does not exist.
  const { kind, bytes } = encodeRecord(0xffffffff, 1, ["call", object, "length", [], []]);
  await put(kind, bytes);
  // An object that exists is not made again, of any kind.
  client.post("make", ["make", object, "list", []]);
  client.post("make", ["make", object + 1e6, "constructor" as never, []]);
  await client.call("finish", object, "length", []);
  return ends;
}

/** Tries to end every transaction that another client is likely to have. */
export async function endOthers(proxy: ManagedProxy): Promise<void> {
  const { client } = internalsOf(proxy);
  for (let number = 1; number < 5; number++) {
    for (let id = 1; id < 20; id++) await client.endTransaction("end", number * 2 ** 32 + id, false);
  }
}

let remembered: WeakRef<Client> | undefined;

/** Makes a call, and remembers the client by a weak reference. */
export async function remember(proxy: ManagedProxy): Promise<void> {
  const { client, object } = internalsOf(proxy);
  await client.call("look", object, "length", []);
  remembered = new WeakRef(client);
}

/** Collects garbage; returns whether the client was collected. */
export async function isCollected(): Promise<boolean> {
  const { runInNewContext } = await import("node:vm");
  runInNewContext("gc")();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return remembered?.deref() === undefined;
}
