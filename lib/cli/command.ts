/**
 * `Command`: the description of a command, for the parser, the help and the completions.
 *
 * @module
 */
import type { Arguments, Flag } from "./flags.ts";

/** One command. */
export interface Command {
  readonly name: string;
  /** One line, without a period. */
  readonly summary: string;
  readonly usage: string;
  readonly details: readonly string[];
  /** What an example does, and the example. */
  readonly examples: readonly (readonly [string, string])[];
  readonly flags: readonly Flag[];
  /** Runs it. Returns the exit code. */
  readonly run: (args: Arguments) => Promise<number>;
}
