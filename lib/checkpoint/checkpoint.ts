/**
 * `Checkpoint`: records how the items of a map end, and gives the items that an earlier run has recorded.
 *
 * ```
 * input --item--> find its record --none--> the item -----> runs ----> Collector -> Results
 *                       |                                                  ^  | how it ended
 *                       +--found--> Recorded, in place of the item --------+  v
 *                                                                   file <- fulfilled(), rejected()
 * ```
 *
 * A record is written when its item ends. If items end faster than one in a millisecond, the records of a millisecond are
 * written together: a process that is killed can lose those. The operating system keeps what was written.
 *
 * @module
 */
import { Caller } from "../core/at_caller.ts";
import { CheckpointError } from "../core/errors.ts";
import { closeInput, hasEnded, type Input, openInput } from "../core/input.ts";
import { performance } from "../core/platform.ts";
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import type { Recorder } from "../future/recorder.ts";
import { CheckpointFile } from "./checkpoint_file.ts";
import { type Code, codeHash } from "./code.ts";
import type { CheckpointPlan } from "./options.ts";
import { fulfilledLine, headerLine, identityOf, type ItemRecord, parseLine, rejectedLine } from "./record.ts";
import { hashOf, RecordIndex } from "./record_index.ts";

/** Minimum time between two writes, in milliseconds: records that come in between are gathered. */
const GATHER_TIME = 1;
/** Among equal items, at most this many records are searched for the one with the same index. */
const MAX_EQUAL = 64;

const decoder = new TextDecoder();

/** The checkpoint of one map. It opens its file when the input is first read. */
export class Checkpoint implements Recorder {
  readonly #call: string;
  readonly #caller: Caller;
  readonly #plan: CheckpointPlan;
  readonly #code: Code;
  readonly #task: string;
  #index: RecordIndex | undefined;
  #file: CheckpointFile | undefined;
  #count = 0;
  // By index: the identities (record.ts) of the items that were read and have not ended.
  readonly #identities = new Map<number, string>();
  #lines: string[] = [];
  #lastWrite = -Infinity;
  #timer: Timer | undefined;
  #fail: (error: unknown) => void = () => {};

  /**
   * @param call The call, for messages: `map items`.
   * @param task Name of the task. It stands in the file for people who read it.
   */
  constructor(call: string, plan: CheckpointPlan, code: Code, task: string) {
    this.#call = call;
    // Not an initializer of the field: that would add a frame to the captured stack, which keeps only ten.
    this.#caller = new Caller();
    this.#plan = plan;
    this.#code = code;
    this.#task = task;
  }

  /** Returns an input that has a `Recorded` (recorded.ts) in the place of each item that was recorded. */
  input(items: Input<unknown>): Input<unknown> {
    const source = openInput(this.#call, items);
    const replace = (next: IteratorResult<unknown>): IteratorResult<unknown> => {
      if (hasEnded(next)) return next;
      try {
        return { done: false, value: this.#recordedOrItem(next.value) };
      } catch (error) {
        closeInput(source);
        throw this.#atCaller(error);
      }
    };
    const { sync, async } = source;
    if (sync) {
      const next = () => (this.#open(), replace(sync.next()));
      return { [Symbol.iterator]: () => ({ next, return: (value) => sync.return?.(value) ?? { done: true, value } }) };
    }
    const next = async () => (this.#open(), replace(await async.next()));
    return {
      [Symbol.asyncIterator]: () => ({
        next,
        return: async (value) => await async.return?.(value) ?? { done: true, value },
      }),
    };
  }

  /** {@inheritDoc Recorder.onFailure} */
  onFailure(fail: (error: unknown) => void): void {
    this.#fail = fail;
  }

  /** {@inheritDoc Recorder.fulfilled} */
  fulfilled(first: number, values: readonly unknown[]): void {
    for (let i = 0; i < values.length; i++) {
      const identity = this.#ended(first + i);
      if (identity) this.#record(fulfilledLine(identity, first + i, values[i], this.#plan.results));
    }
  }

  /** {@inheritDoc Recorder.rejected} */
  rejected(index: number, reason: unknown): void {
    const identity = this.#ended(index);
    if (identity) this.#record(rejectedLine(identity, index, reason));
  }

  /** {@inheritDoc Recorder.close} */
  close(): void {
    this.#flush();
    this.#file?.close();
    this.#file = undefined;
    this.#identities.clear();
  }

  #ended(index: number): string | undefined {
    const identity = this.#identities.get(index);
    this.#identities.delete(index);
    return identity;
  }

  #record(line: string): void {
    const wait = this.#lastWrite + GATHER_TIME - performance.now();
    if (this.#lines.push(line) > 1) return wait > 0 ? undefined : this.#flush();
    if (wait > 0) this.#timer = setTimeout(() => this.#flush(), Math.ceil(wait));
    else queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    clearTimeout(this.#timer);
    if (!this.#file || lines.length === 0) return;
    try {
      this.#file.append(lines.join(""));
      this.#lastWrite = performance.now();
    } catch (error) {
      // The next run cuts off a line that was written in part. Nothing may follow it.
      this.#file.close();
      this.#file = undefined;
      this.#fail(error);
    }
  }

  // Without the call site, the stack of the error would show this file only, and not the line that called the map.
  #atCaller(error: unknown): unknown {
    return error instanceof CheckpointError ? this.#caller.addTo(error) : error;
  }

  #open(): void {
    if (this.#index) return;
    try {
      this.#readRecords();
    } catch (error) {
      throw this.#atCaller(error);
    }
  }

  #readRecords(): void {
    const { path, onChange, failed, results } = this.#plan;
    const code = codeHash(this.#code);
    const index = this.#index = new RecordIndex();
    const file = this.#file = new CheckpointFile(this.#call, path);
    let lines = 0;
    // The code of the run that wrote the records, by the last header that was read.
    let lastCode: string | undefined;
    file.readAll((text, offset) => {
      const line = parseLine(text);
      lines++;
      if (!line) {
        throw new CheckpointError(
          `Cannot ${this.#call}: line ${lines} of the checkpoint ${path} is not a record: remove that line, or use another ` +
            "file",
        );
      }
      if ("code" in line) lastCode = line.code;
      else if (
        (lastCode === code || onChange === "keep") && (line.ok ? line.isComplete || !results : failed === "keep")
      ) index.add(this.#hash(line.identity, line.index), offset);
    });
    if (onChange === "refuse" && lastCode !== undefined && lastCode !== code) {
      throw new CheckpointError(
        `Cannot ${this.#call}: the code of the task has changed since the checkpoint ${path} was written: use ` +
          'another file, or onChange: "rerun" or "keep"',
      );
    }
    index.build();
    if (lastCode !== code) file.append(headerLine({ task: this.#task, code }));
  }

  // With "refuse" a record is found by its index, so that another item at that index is noticed.
  #hash(identity: string, index: number): number {
    return this.#plan.onChange === "refuse" ? index : hashOf(identity);
  }

  // Returns the record of the next item, or the item itself.
  #recordedOrItem(item: unknown): unknown {
    const index = this.#count++;
    const identity = identityOf(this.#call, index, item, this.#plan.key);
    const record = this.#take(identity, index);
    if (record) return record.recorded(item);
    this.#identities.set(index, identity);
    return item;
  }

  // Removes and returns the record of an item. Equal items have the same identity; each gets the record with its own index
  // if that is among the first MAX_EQUAL, else any.
  #take(identity: string, index: number): ItemRecord | undefined {
    let found: ItemRecord | undefined;
    let changed = false;
    const matches = (needsIndex: boolean) => (offset: number) => {
      const record = parseLine(decoder.decode(this.#file!.lineAt(offset))) as ItemRecord;
      const isItem = record.identity === identity;
      if (!isItem && record.index === index) changed = true;
      if (isItem && (!needsIndex || record.index === index)) found = record;
      return found !== undefined;
    };
    const hash = this.#hash(identity, index);
    const isKnown = this.#index!.take(hash, matches(true), MAX_EQUAL) || this.#index!.take(hash, matches(false));
    if (changed && !isKnown && this.#plan.onChange === "refuse") {
      throw new CheckpointError(
        `Cannot ${this.#call}: items[${index}] has changed since the checkpoint ${this.#plan.path} was written: use ` +
          'another file, or onChange: "rerun"',
      );
    }
    return found;
  }
}
