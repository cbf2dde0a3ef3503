/**
 * Requests and replies as records of a queue: two numbers that can be read whatever the rest is, then a value.
 *
 * ```
 * request   client | call    a request, see requests.ts
 *           client | call    object | length | method | arguments        most calls: half the time of the above
 * reply     call   | status  what came of it
 * ```
 *
 * The numbers stand in front, so that a value that cannot be decoded fails one call and not the thread that reads it.
 *
 * @module
 */
import { decodeValue, type Encoded, encodeValue } from "../queue/codec.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import type { ClientRequest } from "./requests.ts";

const HEADER = 8;
/** In the high bits of a record's kind: what the value is. */
const Form = { VALUE: 0, NO_ARGUMENT: 1, ONE_ARGUMENT: 2, ARGUMENTS: 3 } as const;
const FORM = 8;
const KIND = (1 << FORM) - 1;
const OBJECT = HEADER, LENGTH = OBJECT + 8, METHOD = LENGTH + 1;
const LONGEST = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NO_CHAIN: readonly number[] = [];

function put(first: number, second: number, form: number, { kind, bytes }: Encoded, at: number): LogRecord {
  const framed = new Uint8Array(at + bytes.length);
  const view = new DataView(framed.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  framed.set(bytes, at);
  return { kind: form << FORM | kind, bytes: framed };
}

/**
 * Makes a record of a value as it is now.
 *
 * @throws {DOMException} `DataCloneError`, if it cannot be cloned.
 */
export function encodeRecord(first: number, second: number, value: unknown): LogRecord {
  return put(first, second, Form.VALUE, encodeValue(value), HEADER);
}

/**
 * Makes a record of a request, as it is now.
 *
 * @throws {DOMException} `DataCloneError`, if it cannot be cloned.
 */
export function encodeRequest(client: number, call: number, request: ClientRequest): LogRecord {
  if (request[0] !== "call" || request[4].length > 0) return encodeRecord(client, call, request);
  const [, object, method, args] = request;
  const name = encoder.encode(method);
  if (name.length > LONGEST) return encodeRecord(client, call, request);
  const form = args.length === 0 ? Form.NO_ARGUMENT : args.length === 1 ? Form.ONE_ARGUMENT : Form.ARGUMENTS;
  const value = encodeValue(args.length > 1 ? args : args[0]);
  const record = put(client, call, form, value, METHOD + name.length);
  new DataView(record.bytes.buffer).setFloat64(OBJECT, object);
  record.bytes[LENGTH] = name.length;
  record.bytes.set(name, METHOD);
  return record;
}

/** Reads the two numbers; `undefined` if it is no such record. */
export function header({ bytes }: LogRecord): [first: number, second: number] | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Makes the value. Once for each record. */
export function body(record: LogRecord): unknown {
  return value(record, HEADER);
}

/** Makes the request, or whatever it is. Once for each record. */
export function decodeRequest(record: LogRecord): unknown {
  const form = record.kind >>> FORM;
  if (form === Form.VALUE) return body(record);
  const { bytes } = record;
  const object = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(OBJECT);
  const end = METHOD + bytes[LENGTH];
  const method = decoder.decode(bytes.subarray(METHOD, end));
  const args = form === Form.NO_ARGUMENT ? [] : form === Form.ONE_ARGUMENT ? [value(record, end)] : value(record, end);
  return ["call", object, method, args, NO_CHAIN];
}

function value({ kind, bytes }: LogRecord, from: number): unknown {
  return decodeValue({ kind: kind & KIND, bytes: bytes.subarray(from), borrowed: true });
}
