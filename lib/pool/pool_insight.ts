/**
 * What a pool shows of its work: traces, and a live page.
 *
 * @module
 */
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import { badOption, integer, isA, knownOptions } from "../core/validate.ts";
import type { Dashboard } from "../observe/dashboard.ts";
import type { PoolTrace } from "../observe/trace.ts";
import type { PoolCore } from "./core.ts";
import { PoolWorkers } from "./pool_workers.ts";

/** Options of `Pool.dashboard`. */
export interface DashboardOptions {
  /** TCP port on 127.0.0.1; 0 takes a free one. @default {0} */
  port?: number;
}

/**
 * The methods of {@linkcode Pool} that show its work to people.
 *
 * **Cost**: none until one of them is called; the code is loaded then.
 */
export abstract class PoolInsight extends PoolWorkers {
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super(core);
    this.#core = core;
  }

  /**
   * Records what the workers do from now on, in a file for Chrome (chrome://tracing), Perfetto (ui.perfetto.dev), and
   * `traceHtml()` of `@isopool/isopool/trace`: a lane for each worker, a line from each submit to its run, counters, and
   * marks for kills. The file is written as a stream; it needs write permission, and an existing file is replaced.
   *
   * The trace ends with the pool or the script, or by its `stop()`. A full disk ends the trace, not the work: `stop()`
   * rejects then, or, if nobody calls it, the error is reported as an unhandled rejection when the pool has ended.
   *
   * **Cost**: 11 to 48 us (docs/observe.md), and 300 to 500 bytes of the file, for each call; memory does not grow.
   *
   * @param path The file to write.
   * @throws {TypeError} If `path` is neither text nor a URL.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {Deno.errors.NotCapable | Deno.errors.NotFound} If the file cannot be created.
   *
   * @example Record a run
   * ```ts
   * import { assert } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const file = await Deno.makeTempFile();
   * {
   *   await using pool = new Pool(2);
   *   await using _trace = await pool.trace(file);
   *   await pool.map(inline((n: number) => n * n), [1, 2, 3]);
   * }
   * assert(JSON.parse(await Deno.readTextFile(file)).length > 3);
   * await Deno.remove(file);
   * ```
   */
  trace(path: string | URL): Promise<PoolTrace> {
    calledBy(TRACE, () => {
      this.#core.checkOpen(TRACE.action);
      if (!(typeof path === "string" && path !== "") && !isA(path, URL)) {
        throw badOption(TRACE.action, "path", path, "a path or a file: URL", false);
      }
    });
    return this.#trace(path);
  }

  /**
   * Serves a live page of the pool on 127.0.0.1: workers and what they run, calls a second, waits, run times, failures with
   * their items; buttons to pause, resume, resize, restart and cancel. Open the `url` of the result; it holds a random
   * token, and requests without the token are refused. It needs permission to listen on the network.
   *
   * The page ends with the pool, or by its `stop()`. It does not keep the script alive.
   *
   * **Cost**: 2 us for each call; while a page is open, a snapshot every 500 ms.
   *
   * @throws {TypeError | RangeError} If an option does not exist or is not valid.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {Deno.errors.AddrInUse | Deno.errors.NotCapable} If it cannot listen on the port.
   *
   * @example Look at a long run
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * await using dashboard = await pool.dashboard();
   * console.log(dashboard.url); // Open it in a browser.
   * const response = await fetch(dashboard.url);
   * assertEquals([response.status, (await response.text()).includes("isopool")], [200, true]);
   * ```
   */
  dashboard(options: DashboardOptions = {}): Promise<Dashboard> {
    const port = calledBy(DASHBOARD, () => {
      const { action } = DASHBOARD;
      this.#core.checkOpen(action);
      knownOptions(action, options, ["port"]);
      const port = integer(action, "port", options.port ?? 0, 0);
      if (port > 65_535) throw badOption(action, "port", port, "an integer from 0 to 65535", true);
      return port;
    });
    return this.#dashboard(port);
  }

  async #dashboard(port: number): Promise<Dashboard> {
    const { Dashboard } = await import("../observe/dashboard.ts");
    const { options: { name }, scheduler } = this.#core;
    return new Dashboard({ name, scheduler, pool: this }, port);
  }

  async #trace(path: string | URL): Promise<PoolTrace> {
    const { PoolTrace } = await import("../observe/trace.ts");
    const { options: { name }, scheduler, failures } = this.#core;
    return new PoolTrace(path, name, scheduler, (error) => failures.addUnowned(error, `the trace of ${name}`));
  }
}

const TRACE: PublicFunction = { action: "trace pool", method: PoolInsight.prototype.trace };
const DASHBOARD: PublicFunction = { action: "open dashboard", method: PoolInsight.prototype.dashboard };
