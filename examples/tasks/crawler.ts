/**
 * A class with a `run()`, and a task that constructs an object and runs it.
 *
 * @module
 */

/** Follows the `next` links of an API, at most `limit` of them, and visits no page twice. */
export class Crawler {
  readonly #seen = new Set<string>();

  constructor(readonly start: string, readonly limit: number) {}

  /** Returns the addresses, in the order of the links. */
  async run(): Promise<string[]> {
    for (let url: string | null = this.start; url !== null && this.#seen.size < this.limit;) {
      this.#seen.add(url);
      url = await this.#next(url);
    }
    return [...this.#seen];
  }

  async #next(url: string): Promise<string | null> {
    const { next }: { next: string | null } = await (await fetch(url)).json();
    return next !== null && !this.#seen.has(next) ? next : null;
  }
}

/** Runs a crawler in the worker that runs this task. */
export async function crawl(...args: ConstructorParameters<typeof Crawler>): Promise<string[]> {
  return await new Crawler(...args).run();
}
