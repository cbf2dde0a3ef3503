/**
 * A transport to a worker process: a `deno run` child with permissions of its own.
 *
 * ```
 * send --- task, share, run ----> workers/process.ts      frames (protocol/frames.ts)
 *      <-- started, waits, item, result, error, report
 *      <-> memory file           a single call, an answer, and which calls have started (protocol/memory_file.ts)
 * close -- leave ---------------> Deno.exit()
 * kill --- SIGKILL to the process group                   certain, whatever the worker does
 *   exit <----------------------- the process and its streams have ended: all that it wrote has been read
 * ```
 *
 * There is no call table in shared memory, so the host cannot take back a call that was sent: the window is as large as
 * the number of calls that the worker runs at a time, and each call starts as soon as it arrives. A worker that runs
 * several calls is sent the next one when the last one has begun to wait (`waits`): none queues behind one that blocks.
 *
 * The worker reports in the memory file, or by `started`, that a call starts before it runs. The host reads all reports before
 * the worker's death counts: a call without one has not run. frames.ts checks the bytes, message_validator.ts the messages.
 *
 * @module
 */
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import { crypto } from "../core/platform.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { encodeFrame } from "../protocol/frames.ts";
import { MessageValidator } from "../protocol/message_validator.ts";
import type { HostMessage, WorkerMessage } from "../protocol/messages.ts";
import { frameOfThrown } from "../protocol/thrown_frame.ts";
import { Exports } from "../remote/exports.ts";
import { ProcessCalls } from "./process_calls.ts";
import { limitDeath, outputDeath, processDeath } from "./process_death.ts";
import { encodeBatch, initFrame, serveOrRevive } from "./process_frames.ts";
import { ProcessInput } from "./process_input.ts";
import { ProcessOutputs } from "./process_outputs.ts";
import { type Channel, type Site, withPlaces } from "./process_site.ts";
import { closeTimeout } from "./make_worker_init.ts";
import type { Batch, Death, Setup, Transport, TransportEvents } from "./transport.ts";
import { WorkerClock } from "./worker_clock.ts";

/** A worker process, here or on another host. */
export class ProcessTransport implements Transport {
  readonly #events: TransportEvents;
  readonly #setup: Setup;
  readonly #site: Site;
  readonly #child: Channel;
  readonly #validator: MessageValidator;
  readonly #input: ProcessInput;
  readonly #clock = new WorkerClock();
  readonly #calls: ProcessCalls;
  readonly #sentTasks = new Set<number>();
  readonly #sentShares = new Set<number>();
  readonly #outputs: ProcessOutputs;
  readonly #exports = new Exports((answer, isSync) => {
    const frame = encodeFrame(answer, this.#exports.exporter);
    if (isSync && this.#child.answer) this.#child.answer(frame);
    else this.#child.write(frame);
  });
  #endTimer: Timer | undefined;
  #endRequested = false;
  #isReady = false;
  #reportedDeath: Death | undefined;
  #ended = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup, site: Site) {
    this.#site = site;
    this.#calls = new ProcessCalls(setup.concurrency, () => this.#input.startedTail);
    this.#events = events;
    this.#setup = setup;
    this.#validator = new MessageValidator({ ...setup, memory: setup.memoryLimit });
    const mark = `isopool-${crypto.randomUUID()}`;
    // First what can fail: then nothing was started.
    const init = initFrame(workerId, withPlaces(setup, site), mark, this.#exports);
    const onReport = (report: string) => this.#stop(limitDeath(report, setup.memoryLimit, this.#calls));
    const onExceeded = (max: number) => this.#stop(outputDeath(max));
    this.#outputs = new ProcessOutputs(mark, (each) => this.#handle(each), onExceeded, onReport, setup.child);
    const stderr = site.isLaunched ? this.#outputs.labelled : this.#outputs.stderr;
    this.#child = site.open({
      data: (piece) => this.#input.push(piece),
      stdout: (piece) => this.#outputs.stdout.push(piece),
      stderr: (piece) => stderr.push(piece),
      ended: (code, signal, error, isComplete) => {
        if (!isComplete) this.#input.isUnreadable = true;
        this.#end(code, signal, error);
      },
    }, init);
    const onBroken = (cause: unknown) => this.#stop({ reason: "uncaught", cause });
    this.#input = new ProcessInput(this.#child.file, (message) => this.#receive(message), onBroken);
    if (this.#child.pid > 0) setup.child?.started(this.#child.pid);
  }

  get isLoading(): boolean {
    // Another program, or a network, may take as long.
    return this.#site.isLaunched || this.#calls.isSlowToStart;
  }

  get window(): number {
    return this.#calls.window;
  }

  get free(): number {
    return this.#calls.free;
  }

  send(batch: Batch): void {
    const { taskId: task, source, limits, shares } = batch;
    // First what can fail: then nothing was sent.
    const { run, before, bytes } = encodeBatch(batch, this.#sentShares, this.#exports);
    const isNew = !this.#sentTasks.has(task);
    if (isNew) before.unshift(...encodeFrame({ kind: "task", id: task, source: this.#site.place(source) }));
    this.#sentTasks.add(task);
    this.#outputs.allow(limits?.maxOutput);
    const sent = this.#calls.add(batch, run, bytes);
    const offer = this.window === 1
      ? this.#input.answers?.offer(batch, before.length > 0 ? undefined : run)
      : undefined;
    if (offer === "unseen") this.#post({ kind: "slot" });
    else if (offer !== "given") {
      this.#child.write([...before, ...run], sent);
      this.#input.answers?.written();
    }
    // The scheduler does not ask again to drop a value whose handle was disposed of before this batch was sent.
    if (shares) { for (const [id, { disposed }] of shares) if (disposed) this.drop(id); }
  }

  withdraw(): boolean {
    return false;
  }

  hasStarted(seq: number): boolean {
    // What is on its way starts soon, and cannot be taken back. After the end of the worker it is known what it started.
    return !this.#ended || this.#input.isUnreadable || this.#calls.isLost(seq);
  }

  isQueued(seq: number): boolean {
    return this.#calls.isQueued(seq);
  }

  isRunning(seq: number): boolean {
    return this.#calls.has(seq);
  }

  startedAt(seq: number): number | undefined {
    return this.#calls.startedAt(seq);
  }

  cancel(seq: number, reason: unknown): void {
    this.#calls.keep(seq);
    this.#child.write(frameOfThrown(encodeThrown(reason), (reason) => ({ kind: "cancel", seq, reason })));
  }

  grant(seq: number, count: number): void {
    this.#post({ kind: "grant", seq, count });
  }

  drop(id: number): void {
    if (this.#sentShares.delete(id)) this.#post({ kind: "drop", id });
  }

  close(): void {
    this.#endRequested = true;
    this.#post({ kind: "leave", finalize: true });
    this.#endTimer = setTimeout(() => this.#child.kill(), closeTimeout(this.#setup));
  }

  kill(): void {
    this.#endRequested = true;
    // The kill of the other program ends the channel: a `started` may be lost in it.
    if (this.#site.isLaunched) this.#calls.keepAll();
    this.#child.kill(this.#setup.child?.grace);
    // A process that could not be started has no end to wait for.
    if (this.#child.pid === 0) queueMicrotask(() => this.#end(undefined, undefined, undefined));
  }

  #post(message: HostMessage): void {
    this.#child.write(encodeFrame(message));
  }

  #stop(death: Death | undefined): void {
    if (!death) return;
    this.#reportedDeath ??= death;
    this.#child.kill();
  }

  #receive(data: unknown): void {
    const message = this.#validator.check(data, this.#calls.head, this.#calls.tail);
    if (message?.kind === "slot") this.#input.answers?.readSlot();
    else if (message) serveOrRevive(message, this.#exports, (rest) => this.#outputs.deliver(rest));
  }

  #handle(message: WorkerMessage): void {
    switch (message.kind) {
      case "initializing":
        return this.#events.initializing();
      case "ready":
        this.#isReady = true;
        return this.#events.ready();
      case "failed":
        this.#reportedDeath ??= {
          reason: message.phase === "memory" ? "oom" : message.phase,
          cause: decodeThrown(message.thrown),
        };
        if (message.phase === "memory") this.#child.kill();
        return;
      case "exiting":
        if (message.thrown) this.#reportedDeath ??= { reason: "uncaught", cause: decodeThrown(message.thrown) };
        return;
      case "started":
        return this.#calls.started(message.seq);
      case "waits":
        if (this.#calls.waits(message.seq)) this.#events.roomFreed();
        return;
      case "item":
        if (this.#calls.has(message.seq)) this.#events.item(message.seq, message.value);
        return;
      case "progress":
        if (this.#calls.has(message.seq)) this.#events.progress(message.seq, message.done, message.total);
        return;
      case "result":
        if (!this.#calls.ended(message.seq)) return;
        this.#input.answers?.answered();
        return this.#events.fulfilled(message.seq, [message.value]);
      case "timed":
        if (this.#calls.has(message.seq)) this.#events.timed(message.seq, this.#clock.timesOf(message));
        return;
      case "grown":
        return this.#events.grown();
      case "report":
        return this.#events.measured(message.count, message.ms, message.runTime);
      case "error":
        if (!this.#calls.ended(message.seq)) return;
        this.#input.answers?.answered();
        return this.#events.rejected(message.seq, decodeThrown(message.thrown));
    }
  }

  #end(exitCode: number | undefined, signal: string | undefined, error: Error | undefined): void {
    if (this.#ended) return;
    this.#input.end();
    this.#outputs.end();
    this.#exports.end();
    this.#ended = true;
    clearTimeout(this.#endTimer);
    // After a `leave`, the exit code is the worker's own, and says nothing about its task.
    this.#setup.child?.ended(this.#endTimer === undefined ? exitCode : undefined, signal);
    const known = { endRequested: this.#endRequested, isReady: this.#isReady, stderr: this.#outputs.stderr.tail };
    const end = { exitCode, signal, error, reported: this.#reportedDeath, memoryLimit: this.#setup.memoryLimit };
    this.#events.exit(processDeath({ ...end, ...known }));
  }
}
