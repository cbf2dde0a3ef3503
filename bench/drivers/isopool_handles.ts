/**
 * The envelope in which the library sends values, as a contestant. The parameter selects how the receiver looks for shared
 * objects: as in production, always, or for a value that has one.
 *
 * @module
 */
import "../../lib/shared/kinds.ts";
import { Counter } from "../../lib/shared/counter.ts";
import { decode, encode, type Envelope } from "../../lib/shared/revive.ts";
import { serve } from "./driver.mjs";

const counter = new Counter();
const VARIANTS: Record<string, (value: unknown) => unknown> = {
  "": (value) => decode(structuredClone(encode(value))),
  walked: (value) => decode({ ...structuredClone(encode(value)) as Envelope, handles: true }),
  counter: (value) => decode(structuredClone(encode([value, counter]))),
};

await serve(() => ({ envelope: (value: unknown, variant: string) => VARIANTS[variant](value) }));
