/**
 * `Prints`: marks on stdout and stderr how far a worker process had printed when it sent a message
 * (lib/transport/process_output.ts).
 *
 * @module
 */

/** Notices what is printed. */
export class Prints {
  readonly #line: Uint8Array;
  readonly #onMark: () => void;
  #hasPrinted = false;

  /**
   * @param mark The line to write.
   * @param onMark Is called after it is written, before the message that follows.
   */
  constructor(mark: string, onMark: () => void) {
    this.#line = new TextEncoder().encode(`${mark}\n`);
    this.#onMark = onMark;
    this.#wrap(console, Object.keys(console));
    this.#wrap(Deno.stdout, ["write", "writeSync"]);
    this.#wrap(Deno.stderr, ["write", "writeSync"]);
  }

  /** Writes the marks, if anything was printed since the last ones. */
  mark(): void {
    if (!this.#hasPrinted) return;
    try {
      writeAll(this.#line, stdout);
      writeAll(this.#line, stderr);
    } catch {
      return; // The task has closed a stream.
    }
    this.#hasPrinted = false;
    this.#onMark();
  }

  #wrap(owner: object, names: string[]): void {
    const noted = () => this.#hasPrinted = true;
    for (const name of names) {
      const original: unknown = Reflect.get(owner, name);
      if (typeof original !== "function") continue;
      const wrapped = {
        [name](this: unknown, ...args: unknown[]): unknown {
          noted();
          return Reflect.apply(original, this, args);
        },
      }[name];
      Object.setPrototypeOf(wrapped, original);
      Object.defineProperty(owner, name, { configurable: true, writable: true, enumerable: true, value: wrapped });
    }
  }
}

// Taken at load, before they are wrapped.
const stdout = Deno.stdout.writeSync.bind(Deno.stdout);
const stderr = Deno.stderr.writeSync.bind(Deno.stderr);

function writeAll(bytes: Uint8Array, write: (bytes: Uint8Array) => number): void {
  for (let written = 0; written < bytes.length;) written += write(bytes.subarray(written));
}
