/**
 * The calls of a worker process. It shares no memory with its host, so its calls come as messages, nothing withdraws one
 * that was sent, and all answers are messages.
 *
 * @module
 */
import { Deque } from "../lib/core/deque.ts";
import type { RunMessage } from "../lib/protocol/messages.ts";
import type { CallInbox, CallStates } from "./host_link.ts";
import type { NextCallPoll } from "./next_call_poll.ts";
import type { Channel } from "./process_channel.ts";
import type { Watchdog } from "./process_watchdog.ts";

/** Tells the host and the watchdog when a call starts and ends. */
export class ProcessCalls implements CallStates {
  /** Maximum processor time of the calls that came last, in milliseconds. */
  cpuTime: number | undefined;
  /** Whether the host needs to know when exactly they start, and the memory file does not say that. */
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
    // It has left before the call runs (`HostLink.sent`): a call of which the host has read nothing has not run.
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

/** The batches that have come. */
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
