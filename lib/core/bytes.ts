/**
 * Bytes that are all of a buffer, as they are copied without structured clone, which takes three times as long: it writes
 * them into a message first.
 *
 * @module
 */
import { isArrayBuffer } from "node:util/types";

const VIEWS: readonly ViewType[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

interface ViewType {
  readonly prototype: object;
  new (buffer: ArrayBuffer): ArrayBufferView<ArrayBuffer>;
}

const indexes = new Map<object, number>(VIEWS.map((view, index) => [view.prototype, index + 1]));

/** How many forms there are. */
export const FORMS = VIEWS.length + 1;

/** A buffer, or what views all of one. */
export interface WholeBytes {
  /** `0` for a buffer itself, else what kind of view. */
  readonly form: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The bytes of a buffer, or of a typed array that is all of its buffer; `undefined` for anything else, of which a clone
 * would have more: the rest of the buffer, or that it can grow.
 */
export function wholeBytes(value: object): WholeBytes | undefined {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  if (!isArrayBuffer(buffer) || buffer.resizable || buffer.detached) return undefined;
  if (!isView) return { form: 0, bytes: new Uint8Array(buffer) };
  // Not of a class of its own, which a clone does not have.
  const form = indexes.get(Object.getPrototypeOf(value));
  if (form === undefined || value.byteLength !== buffer.byteLength) return undefined;
  return { form, bytes: new Uint8Array(buffer) };
}

/** The value of bytes that nobody else has. */
export function fromWhole(form: number, bytes: Uint8Array<ArrayBuffer>): ArrayBuffer | ArrayBufferView<ArrayBuffer> {
  if (form === 0) return bytes.buffer;
  return form === 1 ? bytes : new VIEWS[form - 1](bytes.buffer);
}
