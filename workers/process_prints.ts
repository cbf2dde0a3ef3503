/**
 * `Prints`: marks on stdout and stderr how far a worker process had printed when it sent a message
 * (lib/transport/process_output.ts). Where both streams are one pipe, it labels what is printed
 * (lib/transport/labelled_output.ts).
 *
 * @module
 */
import { type SyncTarget, writeAll } from "../lib/core/write_all.ts";

/** The methods of `console` that print to stderr. */
const TO_STDERR = ["error", "warn", "assert", "trace"];

/** Notices what is printed. */
export class Prints {
  readonly #mark: string;
  readonly #isLabelled: boolean;
  readonly #onMark: () => void;
  #hasPrinted = false;
  // The stream of the last label.
  #stream = 2;

  /**
   * @param mark The text of a mark, without its line end.
   * @param isLabelled Whether stdout and stderr are one pipe.
   * @param onMark Is called after it is written, before the message that follows.
   */
  constructor(mark: string, isLabelled: boolean, onMark: () => void) {
    this.#mark = mark;
    this.#isLabelled = isLabelled;
    this.#onMark = onMark;
    this.#wrap(console, Object.keys(console), (name) => TO_STDERR.includes(name) ? 2 : 1);
    for (const [owner, stream] of [[Deno.stdout, 1], [Deno.stderr, 2]] as const) {
      // What is written later would stand behind another label.
      if (isLabelled) owner.write = (bytes) => Promise.resolve().then(() => owner.writeSync(bytes));
      this.#wrap(owner, isLabelled ? ["writeSync"] : ["write", "writeSync"], () => stream);
    }
  }

  /** Writes the marks, if anything was printed since the last ones. */
  mark(): void {
    if (!this.#hasPrinted) return;
    try {
      if (this.#isLabelled) this.#label(0);
      else for (const stream of [stdout, stderr]) writeAll(stream, `${this.#mark}\n`);
    } catch {
      return; // The task has closed a stream.
    }
    this.#hasPrinted = false;
    this.#onMark();
  }

  #label(digit: number): void {
    writeAll(stderr, `${this.#mark}${digit}\n`);
  }

  #wrap(owner: object, names: string[], streamOf: (name: string) => number): void {
    const noted = (stream: number) => {
      this.#hasPrinted = true;
      if (!this.#isLabelled || stream === this.#stream) return;
      this.#stream = stream;
      this.#label(stream);
    };
    for (const name of names) {
      const original: unknown = Reflect.get(owner, name);
      if (typeof original !== "function") continue;
      const stream = streamOf(name);
      const wrapped = {
        [name](this: unknown, ...args: unknown[]): unknown {
          noted(stream);
          return Reflect.apply(original, this, args);
        },
      }[name];
      Object.setPrototypeOf(wrapped, original);
      Object.defineProperty(owner, name, { configurable: true, writable: true, enumerable: true, value: wrapped });
    }
  }
}

// Taken at load, before they are wrapped.
const stdout: SyncTarget = { writeSync: Deno.stdout.writeSync.bind(Deno.stdout) };
const stderr: SyncTarget = { writeSync: Deno.stderr.writeSync.bind(Deno.stderr) };
