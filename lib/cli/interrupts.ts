/**
 * Signals: the first SIGINT or SIGTERM ends a command after what runs, the second at once.
 *
 * @module
 */
import { tell } from "./writer.ts";

const SIGNALS: [Deno.Signal, number][] = [["SIGINT", 130], ["SIGTERM", 143]];

/** Listens for the signals until it is disposed. `drain` is called for the first one, with the exit code. */
export class Interrupts {
  readonly #listeners: [Deno.Signal, () => void][] = [];

  constructor(drain: (exitCode: number) => void) {
    let isDraining = false;
    for (const [signal, exitCode] of SIGNALS) {
      // Windows has no SIGTERM.
      if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
      const listener = () => {
        // Nothing is lost by it: the job log has whole rows, each after its result.
        if (isDraining) Deno.exit(exitCode);
        isDraining = true;
        tell(`isopool: ${signal}: finishes what runs, and starts nothing more; once more: stops at once`);
        drain(exitCode);
      };
      Deno.addSignalListener(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }
}
