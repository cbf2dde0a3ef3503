/**
 * `ChildControl`: the interface between a `Process` and the transport of its worker process.
 *
 * @module
 */

/** What a `Process` asks of its worker process; and the reports that it receives about that process. */
export interface ChildControl {
  /** Milliseconds from SIGTERM to SIGKILL, if the process is stopped by force now; if `undefined`, SIGKILL comes at once. */
  readonly grace: number | undefined;
  /** Receives what the process prints, in whole lines; without it, this process prints it. Bytes are valid during the call. */
  readonly stdout: ((bytes: Uint8Array) => void) | undefined;
  readonly stderr: ((bytes: Uint8Array) => void) | undefined;
  /** The process was started. */
  started(pid: number): void;
  /**
   * The process has ended.
   *
   * @param exitCode `undefined` if a signal ended it, or if it ended on request.
   */
  ended(exitCode: number | undefined, signal: string | undefined): void;
}
