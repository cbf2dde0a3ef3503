/**
 * `Writer`: gathers output and writes it in large pieces, soon and in order.
 *
 * @module
 */
import { Terminal } from "../core/terminal.ts";
import { setTimeout } from "../core/timer.ts";
import { writeAll } from "../core/write_all.ts";

/** Size of the output that is gathered before it is written, in characters or bytes. */
const GATHER = 1 << 16;

const encoder = new TextEncoder();

/** Something that takes bytes: a file, standard output. */
export interface Target {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/**
 * Writes to one target: to a terminal in turn with the bars and prints that share it, and to anything else without blocking
 * this thread. A write that fails is thrown by the next call, and all that follow.
 */
export class Writer {
  readonly #target: Target;
  readonly #isTerminal: boolean;
  #parts: (string | Uint8Array)[] = [];
  #size = 0;
  // Called once what was added before has been written.
  #written: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #scheduled = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(target: Target) {
    this.#target = target;
    this.#isTerminal = target.isTerminal();
  }

  /**
   * Adds output. Await what it returns, if anything: the target is slower than the output.
   *
   * @param written Called when the output has been written.
   */
  add(part: string | Uint8Array, written?: () => void): Promise<void> | undefined {
    if (this.#failure) throw this.#failure.error;
    if (part.length > 0) this.#parts.push(part);
    this.#size += part.length;
    if (written) this.#written.push(written);
    if (this.#size >= GATHER) return this.flush();
    if (!this.#scheduled) {
      this.#scheduled = true;
      // A timer of 0 ms fires after all results that have already arrived were added.
      setTimeout(() => {
        this.#scheduled = false;
        this.flush().catch(() => {});
      }, 0);
    }
  }

  /** Writes what was added. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running.catch(() => {});
    if (this.#failure) throw this.#failure.error;
    if (this.#parts.length === 0 && this.#written.length === 0) return;
    this.#running = this.#write();
    try {
      await this.#running;
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  async #write(): Promise<void> {
    const [parts, written] = [this.#parts, this.#written];
    [this.#parts, this.#written, this.#size] = [[], [], 0];
    for (const bytes of joined(parts)) {
      if (this.#isTerminal) Terminal.local().print(() => writeAll(this.#target, bytes));
      else for (let done = 0; done < bytes.length;) done += await this.#target.write(bytes.subarray(done));
    }
    for (const each of written) each();
  }
}

// Neighbouring texts are encoded in one piece.
function* joined(parts: readonly (string | Uint8Array)[]): Generator<Uint8Array> {
  let texts: string[] = [];
  for (const part of parts) {
    if (typeof part === "string") texts.push(part);
    else {
      if (texts.length > 0) yield encoder.encode(texts.join(""));
      texts = [];
      yield part;
    }
  }
  if (texts.length > 0) yield encoder.encode(texts.join(""));
}

/** Writes a line to standard error. It never throws: a user whose terminal is closed cannot be reached. */
export function tell(line: string): void {
  Terminal.local().printLine(line);
}
