/**
 * The requests of clients to a manager, as plain data. The manager checks each before it uses it, because any thread
 * that has a proxy can write anything into the manager's inbox.
 *
 * @module
 */
import { isDense } from "../core/elements.ts";
import type { ChannelMemory } from "../queue/channel.ts";

/** What a thread needs to reach a manager. Every proxy carries it. */
export interface ManagerMemory {
  /** A random name. It identifies the manager: each message that carries this memory creates another object. */
  readonly name: string;
  /** The channel of the requests. */
  readonly inbox: ChannelMemory;
  /** Id of the manager's thread in the table of owners. */
  readonly owner: number;
}

/** Kinds of objects that a request can make. */
export type Kind = "list" | "dict" | "namespace" | "value";

/** A request. */
export type ClientRequest =
  /** The first request of a client: the id of its thread, and the channel for its replies. */
  | readonly ["connect", owner: number, replies: ChannelMemory]
  /** The last request: all proxies of the client were collected. */
  | readonly ["disconnect"]
  | readonly ["make", object: number, kind: Kind, initial: unknown]
  | readonly ["call", object: number, method: string, args: unknown[], chain: readonly number[]]
  | readonly ["begin", resource: number, transaction: number, chain: readonly number[], noWait: boolean]
  | readonly ["end", transaction: number, commit: boolean]
  | readonly ["forget", object: number];

/** Says whether a reply is a result or an error. */
export const Status = { OK: 0, ERROR: 1 } as const;

const CHECKS: Record<ClientRequest[0], (fields: readonly unknown[]) => boolean> = {
  connect: ([, owner, replies]) => isId(owner) && typeof replies === "object" && replies !== null,
  disconnect: () => true,
  make: ([, object, kind]) => isId(object) && typeof kind === "string",
  call: ([, object, method, args, chain]) =>
    isId(object) && typeof method === "string" && isDense(args) && isChain(chain),
  begin: ([, resource, transaction, chain, noWait]) =>
    isId(resource) && isId(transaction) && isChain(chain) && typeof noWait === "boolean",
  end: ([, transaction, commit]) => isId(transaction) && typeof commit === "boolean",
  forget: ([, object]) => isId(object),
};

function isId(value: unknown): value is number {
  return typeof value === "number";
}

function isChain(value: unknown): boolean {
  return isDense(value) && value.every(isId);
}

/** Returns the request, or `undefined` if the data is none. */
export function checkRequest(data: unknown): ClientRequest | undefined {
  if (!Array.isArray(data) || typeof data[0] !== "string" || !Object.hasOwn(CHECKS, data[0])) return undefined;
  return CHECKS[data[0] as ClientRequest[0]](data) ? data as unknown as ClientRequest : undefined;
}
