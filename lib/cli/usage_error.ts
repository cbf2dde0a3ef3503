/**
 * `UsageError`: a command line or an input that is not valid. It ends the command with exit code 255.
 *
 * @module
 */

/** The user must change something; its message says what, and is shown without a stack. */
export class UsageError extends Error {
  override name = "UsageError";
}
