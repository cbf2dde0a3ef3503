/**
 * `JobReports`: what a worker host reports of a job before it ends, in order. It collects further news while Redis has not
 * answered: so a stream of many items takes few commands.
 *
 * @module
 */
import type { Promise } from "../core/platform.ts";
import type { Job } from "./packages.ts";
import type { CallEnd, JobProgress } from "./wire.ts";

/** The reports of one job. */
export class JobReports {
  readonly #job: Job;
  readonly #ends: readonly CallEnd[];
  #news: JobProgress["news"][number][] = [];
  #isDue = false;
  /** Resolves when Redis has, or will not take, what was reported so far; `undefined` before the first report. */
  written: Promise<void> | undefined;

  /** @param ends The calls of a batch that have ended. The list grows, and each report contains the whole list. */
  constructor(job: Job, ends: readonly CallEnd[]) {
    this.#job = job;
    this.#ends = ends;
  }

  /** Reports news of a call. */
  add(index: number, text: string): void {
    this.#news.push([index, text]);
    this.write();
  }

  /** Reports the ends so far. */
  write(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.written = this.#afterLast();
  }

  async #afterLast(): Promise<void> {
    await this.written;
    this.#isDue = false;
    const news = this.#news;
    this.#news = [];
    // Redis has the job no more if its pool has given it up.
    await this.#job.updateProgress({ news, ends: this.#ends } satisfies JobProgress).catch(() => {});
  }
}
