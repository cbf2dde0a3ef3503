/**
 * What the two halves of a pool's face share: how it lives (lifecycle.ts) and what it does (pool.ts).
 *
 * @module
 */
import { BrokenPoolError, PoolClosedError } from "../core/errors.ts";
import { RateLimiter } from "../core/rate.ts";
import { checkRuntime } from "../core/runtime.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { Capabilities } from "./backends.ts";
import type { Setup } from "../transport/transport.ts";
import { type CheckedOptions, checkPoolOptions } from "./check_options.ts";
import { checkNesting } from "./nesting.ts";
import type { PoolOptions } from "./options.ts";

/** The schedulers that have not ended. */
const running = new Set<Scheduler>();

/** Every living worker of every pool of this isolate. */
export function countWorkers(): number {
  let count = 0;
  for (const scheduler of running) count += scheduler.workerSet.slots.size;
  return count;
}

/** The inside of one pool. */
export class PoolCore {
  readonly options: CheckedOptions;
  readonly capabilities: Capabilities;
  readonly setup: Setup;
  readonly scheduler: Scheduler;
  readonly failures: UnobservedFailures;

  /** @param inner What other parts of the library ask for: not to hold the script, and to report failures later. */
  constructor(
    given: number | PoolOptions | undefined,
    inner: { daemon?: boolean; failures?: UnobservedFailures } = {},
  ) {
    checkRuntime();
    this.failures = inner.failures ?? new UnobservedFailures();
    const options = this.options = checkPoolOptions(given);
    const { capabilities, launch } = options.engine;
    this.capabilities = capabilities;
    checkNesting(options.name, options.workers, capabilities.parallel);
    const { initializer, finalizer } = options.setup;
    const hooks = [initializer, finalizer].flatMap((hook) => hook && "url" in hook.source ? [hook.source.url] : []);
    // `minWorkers` are started before there is a scheduler to ask.
    let known: Iterable<string> = hooks;
    const setup = this.setup = { ...options.setup, modules: () => [...known] };
    const scheduler = this.scheduler = new Scheduler({
      ...options,
      daemon: inner.daemon,
      launch: launch(setup),
      concurrency: setup.concurrency,
      hookTimeout: setup.initializer && setup.timeout,
      rate: options.rate && new RateLimiter(options.rate),
      onFailure: (error) => this.failures.add({}, error),
    });
    for (const url of hooks) scheduler.tasks.modules.add(url);
    known = scheduler.tasks.modules;
    running.add(scheduler);
    void scheduler.ended.then(() => {
      running.delete(scheduler);
      if (!inner.failures) this.failures[Symbol.dispose]();
    });
  }

  /** @throws {PoolClosedError | BrokenPoolError} If the pool takes no more work. */
  checkOpen(call: string): void {
    const { state, cause } = this.scheduler;
    if (state === "open") return;
    const { name } = this.options;
    if (state === "broken") throw new BrokenPoolError(`Cannot ${call}: ${name} is broken`, { cause });
    throw new PoolClosedError(`Cannot ${call}: ${name} is ${state === "terminated" ? state : "closed"}`);
  }
}
