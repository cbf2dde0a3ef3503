/**
 * `ChildControl`: what a `Process` wants of its worker process, and is told of it.
 *
 * @module
 */

/** What a `Process` wants of its worker process, and is told of it. */
export interface ChildControl {
  /** Milliseconds from SIGTERM to SIGKILL, if it is to be stopped by force now; if `undefined`, SIGKILL comes at once. */
  readonly grace: number | undefined;
  /** Receives what it prints, in whole lines; without it, this process prints it. The bytes are valid during the call. */
  readonly stdout: ((bytes: Uint8Array) => void) | undefined;
  readonly stderr: ((bytes: Uint8Array) => void) | undefined;
  /** It was started. */
  started(pid: number): void;
  /**
   * It has ended.
   *
   * @param exitCode `undefined` if a signal ended it, or if it ended because it was asked to.
   */
  ended(exitCode: number | undefined, signal: string | undefined): void;
}
