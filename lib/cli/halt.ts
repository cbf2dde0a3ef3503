/**
 * `--halt`: when a command ends before its input does.
 *
 * @module
 */
import { JSON } from "../core/platform.ts";
import { UsageError } from "./usage_error.ts";

/** How a command ends early: `soon` finishes what runs, `now` stops it. */
export type HaltWhen = "soon" | "now";

/** Minimum number of failures for a limit in percent, as in GNU parallel: one failure of one item is 100 %. */
const MIN_FAILURES = 3;

/** Counts outcomes until the limit of `--halt` is reached. */
export class Halt {
  /** How the command ends at the limit; `undefined` for `never`. */
  readonly when: HaltWhen | undefined;
  readonly #kind: string | undefined;
  readonly #limit: number;
  readonly #isPercent: boolean;
  #succeeded = 0;
  #failed = 0;

  /** @throws {UsageError} If the text is not `never`, or `now|soon,fail=N|N%|success=N`. */
  constructor(text: string) {
    const [, when, kind, number, percent] =
      /^(now|soon),(?:(fail)=(\d+)(%?)|(?=success)(success)=(\d+))$/.exec(text)?.filter((part) => part !== undefined) ??
        [];
    if (when === undefined && text !== "never") {
      throw new UsageError(
        `--halt is ${
          JSON.stringify(text)
        }: it takes never, or soon or now with a limit: soon,fail=1, now,fail=10%, now,success=1`,
      );
    }
    this.when = when as HaltWhen | undefined;
    this.#kind = kind;
    this.#limit = Number(number);
    this.#isPercent = percent === "%";
    if (when !== undefined && this.#limit < 1) {
      throw new UsageError(`--halt is ${JSON.stringify(text)}: N is at least 1`);
    }
  }

  /** Whether the command ends because enough items have succeeded. */
  get isSuccess(): boolean {
    return this.#kind === "success";
  }

  /** Counts an outcome. Returns whether the limit is reached. */
  ended(ok: boolean): boolean {
    if (ok) this.#succeeded++;
    else this.#failed++;
    if (this.#kind === "success") return ok && this.#succeeded >= this.#limit;
    if (this.#kind !== "fail" || ok) return false;
    if (!this.#isPercent) return this.#failed >= this.#limit;
    return this.#failed >= MIN_FAILURES && 100 * this.#failed >= this.#limit * (this.#failed + this.#succeeded);
  }
}
