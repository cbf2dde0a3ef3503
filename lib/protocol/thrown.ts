/**
 * Errors as plain data: the types, and the limits of what a decoder takes.
 *
 * @module
 */

/** What was thrown: an error as a record, or any other value, with the records of the errors inside it. */
export type Thrown = { error: ErrorRecord } | { value: unknown; errors?: ErrorRecord[] };

/** An error, as plain data. */
export interface ErrorRecord {
  /** Names of the error's classes, most derived first. The decoder takes the first that it has. */
  classes: string[];
  name: string;
  message: string;
  stack: string;
  cause?: Thrown;
  /** `AggregateError.errors`. */
  errors?: Thrown[];
  /** `SuppressedError.error` and `.suppressed`. */
  suppression?: { error: Thrown; suppressed: Thrown };
  /** Own enumerable fields, `code` among them. */
  fields: Record<string, Thrown>;
  /**
   * The error that stands for this one inside the data of the same message. Structured clone copies it and keeps it the
   * same object in both places; the decoder completes that copy.
   */
  target?: Error;
}

/** Stands for a field that is left out on the way to another process. */
export const NOT_COPIED = "[not copied: it cannot reach another process]";

/** Fields that a record has apart from the others. */
export const SEPARATE_FIELDS: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);

/** Maximum number of class names in one record. */
export const MAX_CLASSES = 16;

// Taken at load: the program can delete or replace them later.
const { isError: isNativeError } = Error;
const BaseError = Error;

/** Whether `value` is an error of any realm, a DOMException included. Does not throw, whatever the value is. */
export function isError(value: unknown): value is Error {
  try {
    return isNativeError(value) || value instanceof BaseError;
  } catch {
    return false; // A revoked proxy, or one with a trap that throws.
  }
}

/** Whether `value` has the internal state of an error: structured clone copies it as one. */
export const isCloneableError: (value: unknown) => boolean = isNativeError;
