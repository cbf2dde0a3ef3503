/**
 * Soak test of the host's decoder: frames of a worker process, mutated at random and cut into pieces at random. It throws
 * `FrameError` and nothing else, takes bounded memory and time. What it reads goes the whole way of a message: it is
 * validated, and errors and values in it are decoded.
 *
 *   deno task soak:frames [frames] [seed]      default 1,000,000; prints one line of JSON
 *
 * tests/hostile/decoder_test.ts makes 100,000.
 *
 * @module
 */
import { assert } from "@std/assert";
import { cpuUsage } from "node:process";
import v8 from "node:v8";
import vm from "node:vm";
import { decodeThrown } from "../../lib/protocol/error_decoder.ts";
import { encodeThrown } from "../../lib/protocol/error_record.ts";
import { encodeFrame, FrameError, FrameReader } from "../../lib/protocol/frames.ts";
import { MessageValidator } from "../../lib/protocol/message_validator.ts";
import { reviveValue } from "../../lib/protocol/received_value.ts";
import { valueMessage } from "../../lib/protocol/value_messages.ts";
import { random } from "../../tests/support/random.ts";
import { integerOf } from "../kit/arguments.ts";

/** Maximum processor time of one frame, in milliseconds. */
export const TIME = 2_000;
/** Frames before memory is measured for the first time: code and heap have their size then. */
const WARM_UP = 5_000;

v8.setFlagsFromString("--expose-gc");
const gc: () => void = vm.runInNewContext("gc");

const failure = () =>
  Object.assign(new RangeError("a", { cause: new TypeError("b") }), { code: "C", list: [1, { a: 2 }] });

/** One message of each form of a frame, and of each kind that carries data of a task. */
export const MESSAGES: readonly object[] = [
  { kind: "started", seq: 1 },
  { kind: "report", count: 1, ms: 0.5, runTime: 2 },
  valueMessage("result", 1, { a: [1, "two", null], b: { c: true } }, undefined),
  valueMessage("result", 1, [undefined, new Date(0), 2n ** 70n, NaN], undefined),
  valueMessage("result", 1, new Map<unknown, unknown>([[1, new Set(["a"])], ["k", /x/g]]), undefined),
  valueMessage("result", 1, [new Uint8Array([1, 2, 3]), new Float64Array(4)], undefined),
  valueMessage("result", 1, { large: new Uint8Array(20_000).fill(7), also: new Uint32Array(5_000) }, undefined),
  valueMessage("result", 1, failure(), undefined),
  { kind: "error", seq: 1, thrown: encodeThrown(failure()) },
  { kind: "item", seq: 1, value: { n: 1 }, errors: undefined, handles: false },
  { kind: "exiting", thrown: encodeThrown(new Error("x")) },
];

/** Puts parts together. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Their frames. */
export const INTACT: readonly Uint8Array[] = MESSAGES.map((message) => joined(encodeFrame(message)));
/** Numbers that are dangerous as a length or a count. */
const WORDS = [
  0,
  1,
  2,
  7,
  255,
  4_096,
  4_097,
  2 ** 16,
  2 ** 30,
  2 ** 30 + 1,
  2 ** 31,
  ...[1, 2, 3, 4].map((n) => 2 ** 32 - n),
];

/** Makes mutated frames. */
export class Mutator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** Returns mutated frames, one after another. */
  bytes(): Uint8Array {
    let bytes = INTACT[this.below(INTACT.length)].slice();
    for (let count = 1 + this.below(this.below(4)); count > 0; count--) bytes = this.#mutate(bytes);
    const intact = () => INTACT[this.below(INTACT.length)];
    return joined([...this.below(4) === 0 ? [intact()] : [], bytes, ...this.below(4) === 0 ? [intact()] : []]);
  }

  #mutate(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    // Mostly in the header and the first bytes of the body, where a change says something else.
    const at = this.below(this.below(3) === 0 ? bytes.length : Math.min(bytes.length, 64));
    const view = new DataView(bytes.buffer);
    switch (this.below(7)) {
      case 0:
        bytes[at] ^= 1 << this.below(8);
        return bytes;
      case 1:
        bytes[at] = this.below(256);
        return bytes;
      case 2: {
        const word = this.below(3) * 4;
        if (word + 4 <= bytes.length) view.setUint32(word, WORDS[this.below(WORDS.length)], true);
        return bytes;
      }
      case 3:
        if (at + 8 <= bytes.length) view.setFloat64(at, [NaN, -1, 0.5, 1e300, 2 ** 33, 16_384][this.below(6)], true);
        return bytes;
      case 4:
        return bytes.slice(0, Math.max(1, at));
      case 5:
        return joined([bytes.subarray(0, at), bytes.subarray(this.below(bytes.length))]);
      default: {
        const other = INTACT[this.below(INTACT.length)];
        return joined([bytes.subarray(0, at), other.subarray(this.below(other.length)), bytes.subarray(at)]);
      }
    }
  }
}

/** The way of a message from its frame to the scheduler. */
function receive(data: unknown): void {
  const phases = { initializer: undefined, finalizer: undefined, memory: undefined };
  const message = new MessageValidator(phases).check(data, 0, 10);
  switch (message?.kind) {
    case "result":
    case "item":
      return void reviveValue(message.value, false, message.errors);
    case "error":
    case "failed":
      return void decodeThrown(message.thrown);
    case "exiting":
      if (message.thrown) decodeThrown(message.thrown);
  }
}

function cpu(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1_000;
}

/** What a run has found. */
export interface Report {
  seed: number;
  frames: number;
  /** How many frames were refused, and how many messages were read. */
  refused: number;
  read: number;
  /** Processor time of the slowest frame, in milliseconds. */
  slowest: number;
  /** Resident bytes after the warm-up, and the most at any time later. */
  before: number;
  most: number;
}

/**
 * Decodes mutated frames.
 *
 * @throws {Error} With the seed and the bytes, if the decoder throws anything but a FrameError, or takes longer than TIME.
 */
export function fuzz(frames: number, seed: number): Report {
  const mutator = new Mutator(seed);
  const report: Report = { seed, frames, refused: 0, read: 0, slowest: 0, before: 0, most: 0 };
  for (let n = -WARM_UP; n < frames; n++) {
    const bytes = mutator.bytes();
    const start = cpu();
    const reader = new FrameReader((message) => {
      report.read++;
      receive(message);
    });
    try {
      for (let at = 0; at < bytes.length;) reader.push(bytes.subarray(at, at += 1 + mutator.below(bytes.length * 2)));
    } catch (cause) {
      const shown = `seed ${seed}, frame ${n}: ${[...bytes.subarray(0, 400)].join()}`;
      if (!(cause instanceof FrameError)) throw new Error(shown, { cause });
      report.refused++;
    }
    const time = cpu() - start;
    report.slowest = Math.max(report.slowest, time);
    assert(time < TIME, `seed ${seed}, frame ${n}: ${time} ms`);
    // What was thrown away is not counted: the runtime would collect it when it likes.
    if (n % 10_000 === 0) gc();
    if (n === 0) report.before = Deno.memoryUsage().rss;
    if (n > 0 && n % 500 === 0) report.most = Math.max(report.most, Deno.memoryUsage().rss);
  }
  return report;
}

if (import.meta.main) {
  const frames = integerOf("frames", Deno.args[0], 1_000_000);
  const seed = integerOf("seed", Deno.args[1], crypto.getRandomValues(new Uint32Array(1))[0], 0);
  const start = performance.now();
  const report = fuzz(frames, seed);
  console.log(JSON.stringify({ ...report, ms: Math.round(performance.now() - start) }));
  if (report.most > 2 * report.before) Deno.exit(1);
}
