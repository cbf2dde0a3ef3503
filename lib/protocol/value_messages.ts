/**
 * Messages that carry a value of the user's, which may contain shared objects.
 *
 * Their last property, `handles`, says whether there are any. It is a getter, so structured clone reads it after it has
 * copied the value. Copying a shared object counts up `handleCopies` (lib/shared/handle.ts), so the getter compares the
 * count with that before.
 *
 * @module
 */
import { handleCopies } from "../shared/handle.ts";
import type { Envelope } from "../shared/revive.ts";
import { cloneInput } from "./clone_input.ts";
import { recordsOf } from "./error_record.ts";
import type { ErrorRecord, Thrown } from "./thrown.ts";

/** The result of a call. */
export interface ResultMessage extends Envelope {
  readonly kind: "result";
  readonly seq: number;
  /** The properties of the errors in the value that structured clone loses. */
  readonly errors?: ErrorRecord[];
}

/** A value that a running call yielded or emitted. */
export interface ItemMessage extends Envelope {
  readonly kind: "item";
  readonly seq: number;
  /** The properties of the errors in the value that structured clone loses. */
  readonly errors?: ErrorRecord[];
}

/** The part of a message that says what was thrown. */
export interface ThrownMessage {
  readonly thrown: Thrown;
  /** Whether there may be shared objects in it. */
  readonly handles?: boolean;
}

/** A shared value, sent once to each worker that needs it. */
export interface ShareMessage extends Envelope {
  readonly kind: "share";
  readonly id: number;
}

/**
 * Makes the message of a result, or of an item.
 *
 * @param moved Objects that are moved with the message.
 * @throws {TypeError} If an object in the value would arrive without its content.
 */
export function valueMessage<K extends "result" | "item">(
  kind: K,
  seq: number,
  value: unknown,
  moved: readonly unknown[] | undefined,
) {
  const input = cloneInput(value, moved);
  const before = handleCopies.count;
  return {
    kind,
    seq,
    value: input.value,
    // Left out if there are none: as `undefined`, it would not be plain JSON (core/plain.ts).
    ...input.errors && { errors: recordsOf(input.errors) },
    get handles() {
      return handleCopies.count !== before;
    },
  };
}

/** Adds what was thrown to a message. */
export function thrownMessage<M extends object>(message: M, thrown: Thrown): M & ThrownMessage {
  const before = handleCopies.count;
  return {
    ...message,
    thrown,
    get handles() {
      return handleCopies.count !== before;
    },
  };
}
