/**
 * What clients ask the manager for, as plain data. It is looked at before it is believed: any thread that has a proxy
 * can write anything into the manager's queue.
 *
 * @module
 */
import type { ChannelMemory } from "../queue/channel.ts";

/** What a proxy leads to: enough to reach the manager from any thread. */
export interface ManagerMemory {
  /** A random name, since each message that brings the memory makes another object of it. */
  readonly name: string;
  /** Requests. */
  readonly inbox: ChannelMemory;
  /** The manager's thread, among the owners. */
  readonly owner: number;
}

/** What is made by a request. */
export type Kind = "list" | "dict" | "namespace" | "value";

/** A request. */
export type ClientRequest =
  /** Here I am: my thread, and where my replies go. */
  | readonly ["hello", owner: number, replies: ChannelMemory]
  /** I am gone: nobody refers to my proxies any more. */
  | readonly ["bye"]
  | readonly ["make", object: number, kind: Kind, initial: unknown]
  | readonly ["call", object: number, method: string, args: unknown[], chain: readonly number[]]
  | readonly ["begin", resource: number, transaction: number, chain: readonly number[], once: boolean]
  | readonly ["end", transaction: number, commit: boolean]
  | readonly ["forget", object: number];

/** Whether a reply is a result or an error. */
export const Status = { OK: 0, ERROR: 1 } as const;

const FORMS: Record<ClientRequest[0], (fields: readonly unknown[]) => boolean> = {
  hello: ([, owner, replies]) => isId(owner) && typeof replies === "object" && replies !== null,
  bye: () => true,
  make: ([, object, kind]) => isId(object) && typeof kind === "string",
  call: ([, object, method, args, chain]) =>
    isId(object) && typeof method === "string" && Array.isArray(args) && isChain(chain),
  begin: ([, resource, transaction, chain, once]) =>
    isId(resource) && isId(transaction) && isChain(chain) && typeof once === "boolean",
  end: ([, transaction, commit]) => isId(transaction) && typeof commit === "boolean",
  forget: ([, object]) => isId(object),
};

function isId(value: unknown): value is number {
  return typeof value === "number";
}

function isChain(value: unknown): boolean {
  return Array.isArray(value) && value.every(isId);
}

/** The request, if it is one. */
export function checkRequest(data: unknown): ClientRequest | undefined {
  if (!Array.isArray(data) || typeof data[0] !== "string" || !Object.hasOwn(FORMS, data[0])) return undefined;
  return FORMS[data[0] as ClientRequest[0]](data) ? data as unknown as ClientRequest : undefined;
}
