/**
 * Frames with a thrown value. Anything can be in the fields of an error: what cannot reach another process must not keep
 * the error from arriving.
 *
 * @module
 */
import { define } from "../core/define.ts";
import { encodeFrame } from "./frames.ts";
import { isPrimitive } from "./transfer_error.ts";
import { type ErrorRecord, NOT_COPIED, type Thrown } from "./thrown.ts";

/**
 * Makes the frame of a message with a thrown value. A text takes the place of each field that cannot be sent.
 *
 * @param messageOf Returns the message.
 */
export function frameOfThrown(thrown: Thrown, messageOf: (thrown: Thrown) => object): Uint8Array<ArrayBuffer>[] {
  try {
    return encodeFrame(messageOf(thrown));
  } catch { /* Something in it cannot be sent. */ }
  try {
    return encodeFrame(messageOf(sendable(thrown, new Map())));
  } catch {
    return encodeFrame(messageOf(bare(thrown))); // It is too deep, for example.
  }
}

// An error may have itself as its cause: each record has one copy.
function sendable(thrown: Thrown, copies: Map<ErrorRecord, ErrorRecord>): Thrown {
  if (!("error" in thrown)) return canBeSent(thrown) ? thrown : { value: NOT_COPIED };
  const { error } = thrown;
  const known = copies.get(error);
  if (known) return { error: known };
  const copy = { ...error, fields: {} };
  copies.set(error, copy);
  const inner = (each: Thrown) => sendable(each, copies);
  if (error.cause) copy.cause = inner(error.cause);
  if (error.errors) copy.errors = error.errors.map(inner);
  if (error.suppression) {
    copy.suppression = { error: inner(error.suppression.error), suppressed: inner(error.suppression.suppressed) };
  }
  for (const key of Object.keys(error.fields)) define(copy.fields, key, inner(error.fields[key]), true);
  return { error: copy };
}

function canBeSent(thrown: Thrown): boolean {
  try {
    encodeFrame(thrown);
    return true;
  } catch {
    return false;
  }
}

/** Returns a thrown error with plain fields only, and without the errors in it; of another value, a text. */
export function bare(thrown: Thrown): Thrown {
  if (!("error" in thrown)) return { value: NOT_COPIED };
  const { cause: _cause, errors: _errors, suppression: _suppression, ...record } = thrown.error;
  const plain = Object.entries(record.fields).filter(([, field]) => "value" in field && isPrimitive(field.value));
  return { error: { ...record, fields: Object.fromEntries(plain) } };
}
