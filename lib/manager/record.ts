/**
 * Requests and replies as records of a channel: two numbers, then a value.
 *
 * ```
 * request   client | call    a request, see requests.ts
 *           client | call    object | length of the method's name | method | arguments     short form, for most calls
 * reply     call   | status  the result or the error
 * ```
 *
 * The numbers are not part of the encoded value. So if a value cannot be decoded, the reader still finds its call, and only
 * that call fails. Encoding the short form takes half the time of encoding the request as one value.
 *
 * @module
 */
import { decodeValue, type Encoded, encodeValue } from "../queue/codec.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import type { ClientRequest } from "./requests.ts";

const HEADER = 8;
/** Forms of a request, in the high bits of a record's kind. */
const Form = { VALUE: 0, NO_ARGUMENT: 1, ONE_ARGUMENT: 2, ARGUMENTS: 3 } as const;
const FORM_SHIFT = 8;
const KIND_MASK = (1 << FORM_SHIFT) - 1;
/** Offsets in the short form. */
const OBJECT = HEADER, NAME_LENGTH = OBJECT + 8, METHOD = NAME_LENGTH + 1;
/** Maximum length of a method's name in the short form, in bytes. */
const MAX_NAME = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The call chain of a request that no other access has caused. Requests with another chain have no short form. */
const NO_CHAIN: readonly number[] = [];

function recordOf(first: number, second: number, form: number, { kind, bytes }: Encoded, offset: number): LogRecord {
  const record = new Uint8Array(offset + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  record.set(bytes, offset);
  return { kind: form << FORM_SHIFT | kind, bytes: record };
}

/**
 * Encodes two numbers and a value as they are now.
 *
 * @throws {DOMException | EmptyCopyError} If the value cannot be copied, or would arrive without its content.
 */
export function encodeRecord(first: number, second: number, value: unknown): LogRecord {
  return recordOf(first, second, Form.VALUE, encodeValue(value), HEADER);
}

/**
 * Encodes a request as it is now.
 *
 * @throws {DOMException | EmptyCopyError} If a value in it cannot be copied, or would arrive without its content.
 */
export function encodeRequest(client: number, call: number, request: ClientRequest): LogRecord {
  if (request[0] !== "call" || request[4].length > 0) return encodeRecord(client, call, request);
  const [, object, method, args] = request;
  const name = encoder.encode(method);
  if (name.length > MAX_NAME) return encodeRecord(client, call, request);
  const form = args.length === 0 ? Form.NO_ARGUMENT : args.length === 1 ? Form.ONE_ARGUMENT : Form.ARGUMENTS;
  const value = encodeValue(args.length > 1 ? args : args.at(0));
  const record = recordOf(client, call, form, value, METHOD + name.length);
  new DataView(record.bytes.buffer).setFloat64(OBJECT, object);
  record.bytes[NAME_LENGTH] = name.length;
  record.bytes.set(name, METHOD);
  return record;
}

/** Returns the two numbers, or `undefined` if the record is too short for them. */
export function header({ bytes }: LogRecord): [first: number, second: number] | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Decodes the value. A record can be decoded only once. */
export function body(record: LogRecord): unknown {
  return valueAt(record, HEADER);
}

/** Decodes a request, which is not checked yet. A record can be decoded only once. */
export function decodeRequest(record: LogRecord): unknown {
  const form = record.kind >>> FORM_SHIFT;
  if (form === Form.VALUE) return body(record);
  const { bytes } = record;
  const object = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(OBJECT);
  const end = METHOD + bytes[NAME_LENGTH];
  const method = decoder.decode(bytes.subarray(METHOD, end));
  const args = form === Form.NO_ARGUMENT
    ? []
    : form === Form.ONE_ARGUMENT
    ? [valueAt(record, end)]
    : valueAt(record, end);
  return ["call", object, method, args, NO_CHAIN];
}

function valueAt({ kind, bytes }: LogRecord, offset: number): unknown {
  return decodeValue({ kind: kind & KIND_MASK, bytes: bytes.subarray(offset), mayChange: true });
}
