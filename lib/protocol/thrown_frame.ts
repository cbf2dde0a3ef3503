/**
 * Frames with a thrown value. Anything can be in the fields of an error: what cannot reach another process must not keep
 * the error from arriving.
 *
 * @module
 */
import { encodeFrame } from "./frames.ts";
import { isPrimitive } from "./transfer_error.ts";
import type { Thrown } from "./thrown.ts";

/**
 * Makes the frame of a message with a thrown value; without the fields of the error, if one of them cannot be sent.
 *
 * @param messageOf Returns the message.
 */
export function frameOfThrown(thrown: Thrown, messageOf: (thrown: Thrown) => object): Uint8Array<ArrayBuffer>[] {
  try {
    return encodeFrame(messageOf(thrown));
  } catch {
    return encodeFrame(messageOf(bare(thrown)));
  }
}

/** Returns a thrown error with plain fields only, and without the errors in it; of another value, a text. */
export function bare(thrown: Thrown): Thrown {
  if (!("error" in thrown)) return { value: "[not copied: it cannot reach another process]" };
  const { cause: _cause, errors: _errors, suppression: _suppression, ...record } = thrown.error;
  const plain = Object.entries(record.fields).filter(([, field]) => "value" in field && isPrimitive(field.value));
  return { error: { ...record, fields: Object.fromEntries(plain) } };
}
