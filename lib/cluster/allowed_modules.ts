/**
 * `AllowedModules`: checks whether a worker host may run the code of a task.
 *
 * ```
 * what it is                              as the list names it
 * a module from its URL                   https://example.com/tasks.ts, file:///srv/tasks.ts
 * a local module that a pool has sent     sent:<SHA-256 of its manifest>/tasks.ts
 * an inlined function                     inline:
 * ```
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { URL } from "../core/platform.ts";
import { badOption, isArray } from "../core/validate.ts";
import type { Source } from "../protocol/messages.ts";
import type { SentModules } from "./sent_modules.ts";
import type { JobTask } from "./wire.ts";

const SENT = "sent:";
const INLINE = "inline:";

/** The option `modules` of a host. */
export class AllowedModules {
  // Allowed prefixes of names; if undefined, the permissions of the host decide.
  readonly #list: readonly string[] | undefined;
  // The runtime changes its state when the program revokes the permission. To ask again for each call would take 10 us.
  readonly #imports = Deno.permissions.querySync({ name: "import" });

  constructor(action: string, list: unknown) {
    const isPrefix = (each: unknown) => typeof each === "string" && URL.canParse(each);
    if (list !== undefined && !(isArray(list) && list.length > 0 && list.every(isPrefix))) {
      throw badOption(action, "modules", list, `a list of URLs, "${SENT}" and "${INLINE}", at least one`, false);
    }
    // As `import()` reads them, so that an origin ends with a slash: else `https://example.com` would allow `https://example.com.org`.
    this.#list = (list as string[] | undefined)?.map((each) => new URL(each).href);
  }

  /**
   * Checks the code of a task.
   *
   * @param sent The local modules that were sent with it.
   * @returns Whether the host runs the sent modules. If not, it imports each module from its URL.
   * @throws {ClusterError} If the host does not run some of the code.
   */
  check({ source, spec }: JobTask, sent: SentModules | undefined): boolean {
    const sources = [source, spec.initializer?.source, spec.finalizer?.source].filter((each) => each !== undefined);
    const names = (takesSent: boolean) => sources.map((each) => nameOf(each, takesSent ? sent : undefined));
    const isAllowed = (takesSent: boolean) => names(takesSent).every((name) => this.#allows(name));
    if (sent && isAllowed(true)) return true;
    if (isAllowed(false)) return false;
    throw this.#refusal(names(true).find((name) => !this.#allows(name))!, source);
  }

  #allows(name: string): boolean {
    if (this.#list) return this.#list.some((prefix) => name.startsWith(prefix));
    return this.#importsFromEverywhere || !(name.startsWith(SENT) || name.startsWith(INLINE));
  }

  get #importsFromEverywhere(): boolean {
    const { state, partial } = this.#imports;
    return state === "granted" && !partial;
  }

  #refusal(name: string, source: Source): ClusterError {
    const what = name === INLINE
      ? "inlined functions"
      : name.startsWith(SENT)
      ? `the module ${"url" in source ? source.url : ""} as ${name}`
      : `the module ${name}`;
    const why = this.#list
      ? `its option \`modules\` allows ${this.#list.join(", ")} only`
      : "it may not import from everywhere (--allow-import), and has no option `modules` that allows it";
    return new ClusterError(`This host does not run ${what}: ${why}`);
  }
}

function nameOf(source: Source, sent: SentModules | undefined): string {
  if (!("url" in source)) return INLINE;
  return sent && source.url.startsWith(sent.base)
    ? `${SENT}${sent.hash}/${source.url.slice(sent.base.length)}`
    : source.url;
}
