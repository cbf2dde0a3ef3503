/**
 * The envelope in which values cross, as a contestant; the parameter names a way in which the receiver walks.
 *
 * @module
 */
import "../../lib/shared/kinds.ts";
import { Counter } from "../../lib/shared/counter.ts";
import { decode, encode, type Envelope } from "../../lib/shared/revive.ts";
import { serve } from "./driver.mjs";

const counter = new Counter();
const WAYS: Record<string, (value: unknown) => unknown> = {
  "": (value) => decode(structuredClone(encode(value))),
  walked: (value) => decode({ ...structuredClone(encode(value)) as Envelope, handles: true }),
  counter: (value) => decode(structuredClone(encode([value, counter]))),
};

await serve(() => ({ envelope: (value: unknown, way: string) => WAYS[way](value) }));
