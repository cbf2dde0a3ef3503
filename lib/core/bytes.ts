/**
 * Buffers and typed arrays as bytes, and bytes in parts. Structured clone takes three times as long, because it writes the bytes into a
 * message first; and of a view it copies the whole buffer, with bytes that the view does not show.
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
const formsByTag = new Map<unknown, number>(VIEWS.map((view, index) => [view.name, index + 1]));

// Gives the name of the built-in class of a typed array, also of a subclass or another realm; `undefined` for a DataView.
const tagOf: (this: unknown) => string | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** Number of forms: a buffer itself, and each kind of typed array. */
export const FORM_COUNT = VIEWS.length + 1;

/** The bytes of a buffer, or those that a typed array shows. */
export interface OwnBytes {
  /** `0` for a buffer itself, else the kind of typed array: its position in `VIEWS`, plus 1. */
  readonly form: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Returns the bytes of a buffer, or those that a typed array shows, not the rest of its buffer. A subclass, such as
 * `Buffer`, counts as its built-in class, which structured clone makes of it. Returns `undefined` for any other value:
 * structured clone keeps the ability of a resizable buffer to grow.
 */
export function bytesOf(value: object): OwnBytes | undefined {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  if (!isArrayBuffer(buffer) || buffer.resizable || buffer.detached) return undefined;
  if (!isView) return { form: 0, bytes: new Uint8Array(buffer) };
  const form = forms.get(Object.getPrototypeOf(value)) ?? formsByTag.get(tagOf.call(value));
  if (form === undefined) return undefined;
  return { form, bytes: new Uint8Array(buffer, value.byteOffset, value.byteLength) };
}

/** Whether a view shows only a part of a buffer that structured clone would copy whole. */
export function isPartial(view: ArrayBufferView): boolean {
  const { buffer } = view;
  return view.byteLength < buffer.byteLength && isArrayBuffer(buffer) && !buffer.resizable;
}

/** Returns a copy of a view of a part of a buffer, with a buffer of its own; any other view as it is. */
export function ownBytes(view: ArrayBufferView): ArrayBufferView {
  if (!isPartial(view)) return view;
  const own = bytesOf(view);
  if (own) return restoreBytes(own.form, own.bytes.slice()) as ArrayBufferView;
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Returns the value of a form over these bytes. It takes the memory over, it does not copy it. */
export function restoreBytes(form: number, bytes: Uint8Array<ArrayBuffer>): ArrayBuffer | ArrayBufferView<ArrayBuffer> {
  if (form === 0) return bytes.buffer;
  return form === 1 ? bytes : new VIEWS[form - 1](bytes.buffer);
}

/** Returns how many bytes parts have together. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Returns the bytes of all parts, one after another. It copies them, unless there is one part. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
