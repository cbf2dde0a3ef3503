/**
 * Messages about objects that a worker process was given by its host: queues, connections, managers (lib/remote/).
 *
 * ```
 * worker                                              host
 *   request { id, object, method, value }  ->           runs the method, in the name of the worker
 *   abort   { id }                         ->           aborts the request
 *   release { object, count }              ->           forgets the object, if it was sent `count` times
 *                                          <-  answer { id, status, value }
 * ```
 *
 * @module
 */
import type { Envelope } from "../shared/revive.ts";

/** Calls a method of an object of the host. */
export interface RequestMessage extends Envelope {
  readonly kind: "request";
  /** Number of the request; 0 if it takes no answer. */
  readonly id: number;
  readonly object: number;
  readonly method: string;
  /** The arguments. */
  readonly value: readonly unknown[];
  /** Whether the worker blocks until the answer comes, and reads nothing else. */
  readonly isSync: boolean;
}

/** Answers a request. */
export interface AnswerMessage extends Envelope {
  readonly kind: "answer";
  readonly id: number;
  readonly status: number;
  /** The result, or what was thrown. */
  readonly value: unknown;
}

/** How a request has ended. */
export const Status = { OK: 0, ERROR: 1, ABORTED: 2 } as const;

/** From worker to host. */
export type RemoteMessage =
  | RequestMessage
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "release"; readonly object: number; readonly count: number };

/** Whether the fields of a message have the right types. */
export function isRemoteMessage(message: RemoteMessage): boolean {
  switch (message.kind) {
    case "request":
      return isId(message.id) && isId(message.object) && typeof message.method === "string" &&
        Array.isArray(message.value) && typeof message.isSync === "boolean";
    case "abort":
      return isId(message.id);
    case "release":
      return isId(message.object) && isId(message.count);
  }
}

function isId(id: unknown): boolean {
  return Number.isSafeInteger(id) && id as number >= 0;
}
