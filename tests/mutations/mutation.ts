/**
 * A mutation: a small defect in the source, and the tests that must see it.
 *
 * @module
 */

/** A defect. */
export interface Mutation {
  /** What goes wrong. */
  readonly defect: string;
  /** The file, from the root of the repository. */
  readonly file: string;
  /** The text that is replaced. The file has it once. */
  readonly text: string;
  /** What it is replaced by. */
  readonly by: string;
  /** Test files, of which at least one must fail. */
  readonly tests: readonly string[];
  /** Which of their tests run, as `--filter` takes it. */
  readonly filter?: string;
}
