/**
 * Carries the errors inside of arguments, items and shared values: each travels as a handle, as a shared object does, with
 * its record. The receiver puts the error, made of its record, in the handle's place (shared/revive.ts).
 *
 * ```
 * { job, failure: error }  ->  { job, failure: { "isopool:shared": { kind: "error", records, at } } }  ->  { job, failure: error }
 * ```
 *
 * Structured clone alone would lose the error's class, code and fields (error_record.ts). A value without errors costs
 * nothing more. All handles of a value share one list of records, so an error that is also the cause of another one stays
 * one object.
 *
 * @module
 */
import { BRAND, type Handle, registerReviver, Shared, VERSION } from "../shared/handle.ts";
import { cloneInput, replaceParts } from "./clone_input.ts";
import { decodeRecords } from "./error_decoder.ts";
import { type ErrorRecord, recordEach } from "./error_record.ts";

const KIND = "error";

/** Stands for an error in a value that is about to be cloned. */
class ErrorHandle extends Shared {
  readonly #records: readonly ErrorRecord[];
  readonly #at: number;

  constructor(records: readonly ErrorRecord[], at: number) {
    super();
    this.#records = records;
    this.#at = at;
  }

  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, records: this.#records, at: this.#at };
  }

  toString(): string {
    return "an error";
  }
}

/**
 * Prepares a value for structured clone, with handles in place of its errors. The receiver decodes the clone of an
 * envelope (shared/revive.ts) of it.
 *
 * @param transfer Objects that are moved: a view of a moved buffer moves with it.
 * @throws {EmptyCopyError} If an object in the value would arrive without its content.
 */
export function cloneInputWithErrors(value: unknown, transfer: readonly unknown[] = []): unknown {
  const { value: input, errors } = cloneInput(value, transfer);
  if (errors === undefined) return input;
  const handles = handlesOf(errors);
  return replaceParts(input, (part) => handles.get(part));
}

/** Makes the handles of errors. An error that cannot be read gets none: it arrives as structured clone copies it. */
export function handlesOf(errors: Iterable<Error>): Map<unknown, Shared> {
  const recorded = recordEach(errors);
  const records = [...recorded.values()];
  const handles = new Map<unknown, Shared>();
  for (const error of recorded.keys()) handles.set(error, new ErrorHandle(records, handles.size));
  return handles;
}

// The errors of a list of records: made once, for all handles with that list.
const decoded = new WeakMap<object, readonly unknown[]>();

registerReviver(KIND, ({ records, at }, revive) => {
  if (!Array.isArray(records)) return {};
  let errors = decoded.get(records);
  // An error may have shared objects in its fields.
  if (errors === undefined) decoded.set(records, errors = decodeRecords(revive(records)));
  return (typeof at === "number" ? errors.at(at) : undefined) as object ?? {};
});
