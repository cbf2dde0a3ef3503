/**
 * `isopool map`: runs an export of a module on every item.
 *
 * ```
 * Feed: items -> Pool.imap -> results -> ResultSink, then JobLog
 * ```
 *
 * @module
 */
import { type BackendName, Pool, type Results, type Settled, TaskLoadError, TaskNotFoundError } from "../../mod.ts";
import { DoneItems } from "./done_items.ts";
import { queueMicrotask } from "../core/timer.ts";
import { Ending } from "./ending.ts";
import { Feed } from "./feed.ts";
import { failureText, reportFailure } from "./failures.ts";
import type { Arguments } from "./flags.ts";
import { shown } from "./formats.ts";
import { Interrupts } from "./interrupts.ts";
import { type Exit, exitOf, JobLog, type JobRow } from "./joblog.ts";
import { ItemHash } from "./item_hash.ts";
import { type MapPlan, planMap } from "./map_plan.ts";
import { readItems, withPaths } from "./items.ts";
import { taskOf } from "./module.ts";
import { type ResultSink, sinkOf } from "./results.ts";
import { type RunTime, RunTimes } from "./run_times.ts";
import { UsageError } from "./usage_error.ts";
import { tell, Writer } from "./writer.ts";

/** Exit code of a command whose command line, input or output is at fault. */
const FAULT = 255;
/** Exit code of a program that SIGPIPE has ended. */
const PIPE_CLOSED = 141;
/** Largest number of failures that an exit code can state; one more stands for all larger numbers. */
const MAX_COUNT = 100;

/** Longest item in a row of the job log, in characters. */
const MAX_ITEM = 200;

/** For an early end, in place of an exit code: the code is the number of failures, as without an early end. */
const NUMBER_OF_FAILURES = NaN;

const OK: Exit = { value: 0, signal: 0 };

/** Runs the command. Returns its exit code. */
export async function runMap(args: Arguments): Promise<number> {
  const plan = planMap(args);
  if (plan.dryRun) return await dryRun(plan);
  if (plan.map.progress && plan.source.globs.length > 0) {
    const source = plan.source = await withPaths(plan.source);
    plan.map.total = source.values.length;
  }
  // What the command line says wrong is found before a file is made.
  await using pool = new Pool<BackendName>(plan.pool);
  const hash = plan.joblog === undefined ? undefined : new ItemHash(plan.task);
  const done = plan.resume && await DoneItems.read(plan.joblog!, plan.resume === "done");
  using log = plan.joblog === undefined ? undefined : new JobLog(plan.joblog, plan.resume !== undefined);
  using sink = sinkOf(plan.results, plan.to, plan.tag);
  const feed = new Feed(readItems(plan.source), {
    gate: plan.gate,
    skip: done && ((item) => done.take(hash!.of(item))),
  });
  using ending = new Ending(feed, pool);
  using _interrupts = new Interrupts((exitCode) => ending.drain(exitCode));
  await using _trace = plan.trace === undefined ? undefined : await pool.trace(plan.trace);
  if (plan.dashboardPort !== undefined) tell((await pool.dashboard({ port: plan.dashboardPort })).url);
  const run = new MapRun(plan, pool, feed, ending, sink, log, hash);
  const exitCode = await run.finish();
  if (ending.exitCode !== undefined) pool.terminate();
  return exitCode;
}

async function dryRun({ source, command }: MapPlan): Promise<number> {
  const writer = new Writer(Deno.stdout);
  for await (const items of readItems(source)) {
    for (const item of items) await writer.add(`${command} ${shown(item)}\n`);
  }
  await writer.flush();
  return 0;
}

/** One run of a map, from its first item to its exit code. */
class MapRun {
  readonly #plan: MapPlan;
  readonly #feed: Feed;
  readonly #ending: Ending;
  readonly #sink: ResultSink;
  readonly #log: JobLog | undefined;
  readonly #hash: ItemHash | undefined;
  readonly #times: RunTimes | undefined;
  readonly #results: Results<Settled<unknown>>;
  // The rows of what has been written.
  #rows: JobRow[] = [];
  #failed = 0;

  constructor(
    plan: MapPlan,
    pool: Pool<BackendName>,
    feed: Feed,
    ending: Ending,
    sink: ResultSink,
    log: JobLog | undefined,
    hash: ItemHash | undefined,
  ) {
    this.#plan = plan;
    this.#feed = feed;
    this.#ending = ending;
    this.#sink = sink;
    this.#log = log;
    this.#hash = hash;
    this.#times = log || plan.results?.endsWith(".csv") ? new RunTimes(pool) : undefined;
    const options = { ...plan.map, signal: ending.signal, onError: "settle" as const };
    const task = taskOf(plan.task);
    this.#results = plan.keepOrder ? pool.imap(task, feed, options) : pool.imapUnordered(task, feed, options);
  }

  async finish(): Promise<number> {
    try {
      for await (const outcome of this.#results) {
        const added = this.#take(outcome);
        if (added) await added;
      }
    } catch (error) {
      // An early end of our own aborts the map, which then throws.
      if (!this.#ending.signal.aborted) this.#ending.stop(FAULT, error);
    }
    try {
      await this.#sink.flush();
    } catch (error) {
      this.#ending.stop(FAULT, error);
    }
    this.#writeRows();
    return this.#exitCode();
  }

  #take(outcome: Settled<unknown>): Promise<void> | undefined {
    const { index } = outcome;
    const { seq, item } = this.#feed.take(index);
    let text: string | Uint8Array = "";
    let failure: { readonly reason: unknown } | undefined;
    if (outcome.status === "rejected") failure = outcome;
    else {
      try {
        text = this.#sink.format(outcome.value);
      } catch (reason) {
        failure = { reason };
      }
    }
    if (failure) this.#fail(seq, item, failure.reason);
    const { halt, command } = this.#plan;
    const exit = failure ? exitOf(failure.reason) : OK;
    const time = this.#times?.take(index);
    const error = failure ? failureText(failure.reason) : "";
    if (halt.ended(!failure)) this.#halt();
    const written = this.#log && (() => this.#logRow(seq, item, text.length, exit, time!));
    return this.#sink.add({ seq, item, exit, command, text, error, time }, written);
  }

  // Called when the result has been written, since a row of the log says that the output has the result.
  #logRow(seq: number, item: unknown, received: number, exit: Exit, { start, duration }: RunTime): void {
    const { source, command } = this.#plan;
    const sent = source.format === "blocks" ? (item as string).length : 0;
    const call = `${command} ${shown(item, MAX_ITEM)} # ${this.#hash!.of(item)}`;
    // The results that were written together give one write.
    if (this.#rows.push({ seq, start, duration, sent, received, exit, command: call }) === 1) {
      queueMicrotask(() => this.#writeRows());
    }
  }

  #fail(seq: number, item: unknown, reason: unknown): void {
    // Every other item would fail in the same way.
    if (reason instanceof TaskLoadError || reason instanceof TaskNotFoundError) throw reason;
    this.#failed++;
    reportFailure(seq, item, reason);
  }

  #halt(): void {
    const { halt } = this.#plan;
    const exitCode = halt.isSuccess ? 0 : NUMBER_OF_FAILURES;
    if (halt.when === "now") this.#ending.stop(exitCode);
    else this.#ending.drain(exitCode);
  }

  #writeRows(): void {
    const rows = this.#rows;
    this.#rows = [];
    try {
      this.#log?.add(rows);
    } catch (error) {
      this.#ending.stop(FAULT, error);
    }
  }

  #exitCode(): number {
    const { exitCode, failure } = this.#ending;
    if (failure instanceof Deno.errors.BrokenPipe) return PIPE_CLOSED;
    if (failure !== undefined) {
      tell(`isopool: ${failure instanceof UsageError ? failure.message : failureText(failure)}`);
      return FAULT;
    }
    const count = Math.min(this.#failed, MAX_COUNT + 1);
    return exitCode === undefined || Number.isNaN(exitCode) ? count : exitCode;
  }
}
