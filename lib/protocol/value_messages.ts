/**
 * Messages with a value of the user's, in which shared objects may travel. Their last property says whether there are
 * any: it is read when structured clone has copied all before it. See lib/shared/revive.ts.
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

/** A shared value, once for each worker. */
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

/** Puts the shared objects of a value that has arrived into their places. */
export function reviveValue(value: unknown, handles: boolean): unknown {
  return handles ? decode({ value, handles }) : value;
}
