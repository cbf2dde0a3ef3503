/**
 * Messages that carry a value of the user's, which may contain shared objects.
 *
 * Their last property, `handles`, says whether there are any. It is a getter, so structured clone reads it after it has
 * copied the value (lib/shared/revive.ts).
 *
 * @module
 */
import { handleCopies } from "../shared/handle.ts";
import { decode, type Envelope } from "../shared/revive.ts";

/** The result of a call. */
export interface ResultMessage extends Envelope {
  readonly kind: "result";
  readonly seq: number;
}

/** A value that a running call yielded or emitted. */
export interface ItemMessage extends Envelope {
  readonly kind: "item";
  readonly seq: number;
}

/** A shared value, sent once to each worker that needs it. */
export interface ShareMessage extends Envelope {
  readonly kind: "share";
  readonly id: number;
}

/** Makes the message of a result. */
export function resultMessage(seq: number, value: unknown): ResultMessage {
  const before = handleCopies.count;
  return {
    kind: "result",
    seq,
    value,
    get handles() {
      return handleCopies.count !== before;
    },
  };
}

/** Makes the message of an item. */
export function itemMessage(seq: number, value: unknown): ItemMessage {
  const before = handleCopies.count;
  return {
    kind: "item",
    seq,
    value,
    get handles() {
      return handleCopies.count !== before;
    },
  };
}

/** Revives the shared objects in a value that has arrived. */
export function reviveValue(value: unknown, handles: boolean): unknown {
  return handles ? decode({ value, handles }) : value;
}
