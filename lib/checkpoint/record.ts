/**
 * The lines of a checkpoint's file: a header for each version of the code, and after it a record for each finished item.
 *
 * ```
 * {"isopool":"checkpoint","version":1,"task":"load","code":"q83vEjRWeJ..."}
 * {"item":"a.png","index":0,"value":{"width":640}}
 * {"key":"page-7","index":1,"thrown":{...}}             an item that failed, named by the caller's `key`
 * {"hash":"n4bQgYhMfW...","index":2,"done":true}        a long item, whose result is not recorded
 * ```
 *
 * @module
 */
import { Json, PlainWriter } from "../core/plain.ts";
import { JSON } from "../core/platform.ts";
import { refusal, show } from "../core/validate.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { sha256 } from "./code.ts";
import { Recorded } from "./recorded.ts";

/** The version of the code that the records after a header belong to. */
export interface Header {
  readonly task: string;
  readonly code: string;
}

/** One record, parsed. */
export interface ItemRecord {
  /** What names the item: the member before `index`, as text. */
  readonly identity: string;
  /** Position of the item in the input of its run. */
  readonly index: number;
  readonly ok: boolean;
  /** Whether its result, or its failure, is in the record. */
  readonly isComplete: boolean;
  /** Makes the result, or the failure. */
  readonly recorded: (item: unknown) => Recorded;
}

/** The beginning of each header, and of no other file. */
export const MAGIC = '{"isopool":"checkpoint",';

/** Longest item that is recorded as it is, in characters. */
const MAX_ITEM = 100;

/** Writes a header. */
export function headerLine({ task, code }: Header): string {
  return `${MAGIC}"version":1,"task":${JSON.stringify(task)},"code":${JSON.stringify(code)}}\n`;
}

/** Returns what names an item in its records: a member of a JSON object, as text. */
export function identityOf(call: string, index: number, item: unknown, key?: (item: unknown) => string): string {
  if (key) {
    const name = key(item);
    if (typeof name === "string") return `"key":${JSON.stringify(name)}`;
    throw refusal(
      `Cannot ${call}: \`checkpoint.key\` returned ${show(name)} for items[${index}]: it must return a string`,
    );
  }
  const json = jsonOf(item);
  if (!json) {
    throw refusal(
      `Cannot ${call}: items[${index}] is not JSON, so a later run could not tell it from others: name it with ` +
        "`checkpoint: { path, key: (item) => ... }`",
    );
  }
  if (json.hasNotes || json.text.length > MAX_ITEM) return `"hash":"${sha256(json.text)}"`;
  return `"item":${json.text}`;
}

/** Writes the record of an item that has succeeded. */
export function fulfilledLine(identity: string, index: number, value: unknown, keepsResult: boolean): string {
  const json = keepsResult ? jsonOf(value) : undefined;
  return `{${identity},"index":${index},${
    json ? `"${json.hasNotes ? "noted" : "value"}":${json.text}` : '"done":true'
  }}\n`;
}

/** Writes the record of an item that has failed. A failure with fields that are not plain data is recorded without them. */
export function rejectedLine(identity: string, index: number, reason: unknown): string {
  const thrown = encodeThrown(reason);
  const json = jsonOf(thrown) ??
    jsonOf("error" in thrown ? { error: { ...thrown.error, cause: undefined, errors: undefined, fields: {} } } : {})!;
  return `{${identity},"index":${index},"${json.hasNotes ? "notedThrown" : "thrown"}":${json.text}}\n`;
}

/** Parses a line; `undefined` if it is neither a header nor a record. */
export function parseLine(text: string): Header | ItemRecord | undefined {
  let line;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof line !== "object" || line === null) return undefined;
  if (line.isopool === "checkpoint") {
    return line.version === 1 && typeof line.code === "string"
      ? { task: String(line.task), code: line.code }
      : undefined;
  }
  const name = ["item", "key", "hash"].find((each) => Object.hasOwn(line, each));
  if (!name || !Number.isSafeInteger(line.index)) return undefined;
  const has = (member: string) => Object.hasOwn(line, member);
  const value = (plain: string, noted: string) =>
    has(noted) ? new Json(JSON.stringify(line[noted]), true).parse() : line[plain];
  const identity = `"${name}":${JSON.stringify(line[name])}`;
  const { index } = line;
  if (has("thrown") || has("notedThrown")) {
    const recorded = (item: unknown) => new Recorded(false, decodeThrown(value("thrown", "notedThrown")), item);
    return { identity, index, ok: false, isComplete: true, recorded };
  }
  const isComplete = has("value") || has("noted");
  return {
    identity,
    index,
    ok: true,
    isComplete,
    recorded: (item) => new Recorded(true, value("value", "noted"), item),
  };
}

// A value as JSON, with notes for dates, `undefined` and the like; `undefined` if it is anything else.
function jsonOf(value: unknown): Json | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return new Json(JSON.stringify(value), false);
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return new Json(`${value}`, false);
  }
  return new PlainWriter().write(value, false);
}
