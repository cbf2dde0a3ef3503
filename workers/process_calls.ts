/**
 * The calls of a worker process. It has no call table in memory that it shares with its host. So its calls and answers are
 * messages, and the host cannot take back a call that was sent.
 *
 * @module
 */
import { Deque } from "../lib/core/deque.ts";
import type { RunMessage } from "../lib/protocol/messages.ts";
import type { CallInbox, CallStates } from "./host_link.ts";
import type { NextCallPoll } from "./next_call_poll.ts";
import type { Channel } from "./process_channel.ts";
import type { Watchdog } from "./process_watchdog.ts";

/** The states of the calls. Reports the start of a call to the host, and its start and end to the watchdog. */
export class ProcessCallStates implements CallStates {
  /** Maximum processor time of each call of the last batch, in milliseconds. */
  cpuTime: number | undefined;
  /** Whether each start needs a `started` message: the calls have a time limit, and may have waited before they start. */
  hasStartMessage = false;
  readonly #watchdog: Watchdog;
  readonly #channel: Channel;
  #startTime = 0;

  constructor(watchdog: Watchdog, channel: Channel) {
    this.#watchdog = watchdog;
    this.#channel = channel;
  }

  recordStart(_seq: number, now: number): void {
    this.#startTime = now;
  }

  start(seq: number): boolean {
    // The report has left before the call runs (`HostLink.sent`). So a call without a report has not run, and may run
    // elsewhere if this worker dies.
    if (this.hasStartMessage || !this.#channel.sayStarted(seq + 1)) this.#channel.post({ kind: "started", seq });
    if (this.cpuTime !== undefined) this.#watchdog.callStarts(seq, this.cpuTime);
    return true;
  }

  startedAt(): number {
    return this.#startTime;
  }

  setResult(): boolean {
    return false;
  }

  markPosted(): void {
    if (this.cpuTime !== undefined) this.#watchdog.callEnds();
  }
}

/** The batches that have come and not run. */
export class ProcessInbox implements CallInbox {
  readonly #batches = new Deque<RunMessage>();
  readonly #poll: NextCallPoll | undefined;

  /** @param poll Polls for the next call, if there is a memory file. */
  constructor(poll: NextCallPoll | undefined) {
    this.#poll = poll;
  }

  push(batch: RunMessage): void {
    this.#batches.push(batch);
  }

  next(): RunMessage | undefined {
    return this.#batches.shift();
  }

  get hasCalls(): boolean {
    return this.#batches.size > 0;
  }

  loopTurned(): void {}

  // Without a memory file, each message needs a turn of the event loop.
  park(): boolean {
    return this.#poll?.poll() === true;
  }

  listen(): void {}
}
