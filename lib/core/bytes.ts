/**
 * Whole buffers as bytes: an `ArrayBuffer`, or a typed array that covers all of one, is copied as plain bytes. Structured
 * clone takes three times as long, because it writes the bytes into a message first.
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

const forms = new Map<object, number>(VIEWS.map((view, index) => [view.prototype, index + 1]));

/** Number of forms: a buffer itself, and each kind of typed array. */
export const FORMS = VIEWS.length + 1;

/** The bytes of a buffer, or of a typed array that covers all of its buffer. */
export interface WholeBytes {
  /** `0` for a buffer itself, else the kind of typed array: its position in `VIEWS`, plus 1. */
  readonly form: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Returns the bytes of a buffer, or of a typed array that covers all of its buffer. Returns `undefined` for any other
 * value: of a shorter view or a resizable buffer, a structured clone keeps more than the bytes (the rest of the buffer, or
 * the ability to grow).
 */
export function wholeBytes(value: object): WholeBytes | undefined {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  if (!isArrayBuffer(buffer) || buffer.resizable || buffer.detached) return undefined;
  if (!isView) return { form: 0, bytes: new Uint8Array(buffer) };
  // A subclass of a typed array has no form: structured clone does not keep its class.
  const form = forms.get(Object.getPrototypeOf(value));
  if (form === undefined || value.byteLength !== buffer.byteLength) return undefined;
  return { form, bytes: new Uint8Array(buffer) };
}

/** Returns the value of a form over these bytes. It takes the memory over, it does not copy it. */
export function fromWhole(form: number, bytes: Uint8Array<ArrayBuffer>): ArrayBuffer | ArrayBufferView<ArrayBuffer> {
  if (form === 0) return bytes.buffer;
  return form === 1 ? bytes : new VIEWS[form - 1](bytes.buffer);
}
