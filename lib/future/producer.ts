/**
 * The interface by which the collector of a map's results (collector.ts) calls the producer of the results.
 *
 * @module
 */

/** The producer of a map's results, as the collector calls it. */
export interface Producer {
  /** Reports that results were read, so that there may be room for more. */
  resume(): void;
  /** Stops the producer: the reader needs no more results. Called once. */
  stop(reason: unknown): void;
}

/** What an input threw while it was read. */
export interface InputFailure {
  readonly reason: unknown;
}
