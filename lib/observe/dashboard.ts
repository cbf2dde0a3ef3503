/**
 * `Dashboard`: a live page of a pool, served on the loopback interface.
 *
 * ```
 * GET  /<token>/         the page (dashboard_page.ts)
 * GET  /<token>/events   server-sent events: a snapshot every 500 ms, while a page is open
 * POST /<token>/action   pause, resume, resize, restart, cancel
 * ```
 *
 * Other users and other pages of the browser must not reach it: the token is random, the address is loopback, and a request
 * whose `Host` or `Origin` is another one is refused (DNS rebinding).
 *
 * @module
 */
import { CancelledError } from "../core/errors.ts";
import { crypto, Date, JSON, Promise as RuntimePromise, readableStream, URL } from "../core/platform.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { CLOSED } from "../scheduler/job.ts";
import { runningItems } from "../scheduler/running_items.ts";
import { itemText } from "../scheduler/item_text.ts";
import { type EndedCall, observe } from "../scheduler/observers.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { PAGE } from "./dashboard_page.ts";
import { taskName } from "../scheduler/task_name.ts";
import { errorText, MAX_TEXT } from "../core/error_text.ts";

/** Milliseconds between two snapshots. */
const INTERVAL = 500;
/** Number of failures that are kept. */
const MAX_FAILURES = 50;

/** The pool, as its page sees it. */
export interface DashboardPool {
  readonly name: string;
  readonly scheduler: Scheduler;
  /** The methods that the buttons call. */
  readonly pool: {
    readonly workers: number;
    stats(): { readonly tasks: { readonly succeeded: number; readonly failed: number; readonly cancelled: number } };
    resize(workers: number): void;
    restart(): Promise<void>;
  };
}

interface FailedCall {
  readonly at: number;
  readonly task: string;
  readonly item: string;
  readonly error: string;
  readonly workerId: number;
}

/** The live page of a pool; made by `Pool.dashboard`. It ends with the pool, or by {@linkcode Dashboard.stop}. */
export class Dashboard implements AsyncDisposable {
  /** The address of the page, with the token that gives access to it. */
  readonly url: string;
  readonly #pool: DashboardPool;
  readonly #path: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #failures: FailedCall[] = [];
  readonly #stopObserving: () => void;
  #timer: Timer | undefined;
  #last = { at: 0, ended: 0 };
  #stopped: Promise<void> | undefined;

  /** @ignore */
  constructor(pool: DashboardPool, port: number) {
    this.#pool = pool;
    this.#path = `/${crypto.randomUUID()}/`;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, (request) => this.#answer(request));
    // The server must not keep the script alive.
    this.#server.unref();
    this.url = `http://127.0.0.1:${this.#server.addr.port}${this.#path}`;
    this.#stopObserving = observe(pool.scheduler, { callEnded: (call) => this.#ended(call) });
    void pool.scheduler.ended.then(() => this.stop());
  }

  /** Ends the page. The pool goes on. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  /** Ends the page, as {@linkcode Dashboard.stop} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopObserving();
    this.#send();
    clearInterval(this.#timer);
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    const own = new URL(this.url).origin;
    const from = request.headers.get("origin");
    if (origin !== own || (from !== null && from !== own) || !pathname.startsWith(this.#path)) {
      return text("Not found", 404);
    }
    const name = `${request.method} ${pathname.slice(this.#path.length)}`;
    if (name === "GET ") {
      return new Response(PAGE, { headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" } });
    }
    if (name === "GET events") {
      return new Response(this.#events(), { headers: { ...HEADERS, "content-type": "text/event-stream" } });
    }
    if (name !== "POST action") return text("Not found", 404);
    try {
      await this.#act(await request.json());
      this.#send();
      return text("Done", 200);
    } catch (error) {
      return text(errorText(error), 400);
    }
  }

  #events(): ReadableStream<Uint8Array> {
    let client: ReadableStreamDefaultController<Uint8Array>;
    return new (readableStream())<Uint8Array>({
      start: (controller) => {
        this.#clients.add(client = controller);
        this.#timer ??= setInterval(() => this.#send(), INTERVAL);
        this.#timer.unref();
        controller.enqueue(this.#snapshot());
      },
      cancel: () => {
        this.#clients.delete(client);
        if (this.#clients.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    });
  }

  #send(): void {
    if (this.#clients.size === 0) return;
    const snapshot = this.#snapshot();
    // A client that does not read gets no more until it does.
    for (const client of this.#clients) if (client.desiredSize! > 0) client.enqueue(snapshot);
  }

  async #act(
    { action, workers, workerId }: { action?: unknown; workers?: unknown; workerId?: unknown },
  ): Promise<void> {
    const { pool, scheduler } = this.#pool;
    const reason = new CancelledError("Task was cancelled from the pool's page");
    if (action === "pause") scheduler.pause();
    else if (action === "resume") scheduler.resume();
    else if (action === "resize") pool.resize(workers as number);
    // Rejects if the pool is closed; does not wait for the old workers, whose calls may take long.
    else if (action === "restart") await RuntimePromise.race([pool.restart(), undefined]);
    else if (action === "cancelWaiting") { for (const job of [...scheduler.jobs]) job.cancelWaiting(reason); }
    else if (action === "cancelRunning") this.#cancelRunning(workerId, reason);
    else throw new TypeError(`There is no action ${String(action)}`);
  }

  #cancelRunning(workerId: unknown, reason: unknown): void {
    for (const { id, calls } of this.#pool.scheduler.workerSet.slots) {
      if (id !== workerId) continue;
      for (const chunk of [...calls.chunks]) {
        chunk.items.forEach((item, offset) => {
          const isHeld = item !== CLOSED && (calls.queuesElsewhere || calls.isRunning(chunk, offset));
          if (isHeld) calls.stop(chunk, offset, "cancelled", reason);
        });
      }
    }
  }

  #ended({ job, item, error, outcome, workerId }: EndedCall): void {
    if (outcome !== "rejected") return;
    this.#failures.unshift({
      at: Date.now(),
      task: taskName(job.task),
      item: itemText(item, job.spread, MAX_TEXT),
      error: errorText(error),
      workerId,
    });
    this.#failures.splice(MAX_FAILURES);
  }

  #snapshot(): Uint8Array {
    const { name, scheduler, pool } = this.#pool;
    const stats = pool.stats();
    const ended = stats.tasks.succeeded + stats.tasks.failed + stats.tasks.cancelled;
    const now = Date.now();
    const { at, ended: before } = this.#last;
    const throughput = at === 0 ? 0 : (ended - before) / Math.max(1, now - at) * 1_000;
    // A snapshot right after an action does not begin a new interval.
    if (now - at >= INTERVAL / 2) this.#last = { at: now, ended };
    const workers = Array.from(scheduler.workerSet.slots, (slot) => ({
      id: slot.id,
      state: slot.state,
      inFlight: slot.inFlight,
      ended: slot.ended,
      // runningItems() gives all items of a job on the slot: it is called once for each job.
      running: slot.chunks.flatMap(({ job }, i, all) =>
        all.findIndex((chunk) => chunk.job === job) === i
          ? runningItems([slot], job).map((item) => `${taskName(job.task)}(${item.text()})`)
          : []
      ),
    }));
    const { state, paused } = scheduler;
    const limit = pool.workers;
    const data = { name, now, state, paused, limit, throughput, stats, workers, failures: this.#failures };
    return new TextEncoder().encode(`data: ${JSON.stringify(data)}\n\n`);
  }
}

const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
};

function text(body: string, status: number): Response {
  return new Response(body, { status, headers: HEADERS });
}
