/**
 * What hostile tasks aim at: files, servers and processes that the test has made, none of which a scope names.
 *
 * ```
 * folder/secret, victim, module.js, data.json    not in any scope
 * folder/open/file, out -> ../secret             a narrow scope may read it
 * folder/out/                                    a narrow scope may write it
 * ```
 *
 * @module
 */

/** What is there to attack. */
export interface Target {
  /** A folder with the files above. */
  readonly folder: string;
  /** Port of an HTTP server on 127.0.0.1 that answers everything with a module that exports the secret. */
  readonly port: number;
  /** Port of a server that a narrow scope may reach; it redirects to the other one. */
  readonly openPort: number;
  /** Path of a unix socket that accepts connections. */
  readonly socket: string;
  /** Process id of the host. */
  readonly host: number;
  /** Id of its process group. */
  readonly group: number;
}

/** An attempt: returns what shows that it has succeeded; throws, rejects or returns `undefined` if it was denied. */
export type Attempt = (target: Target) => unknown;

/** The content of what must not be read. */
export const SECRET = "the secret";

/** What has events, as the modules of `node:` make it. */
interface Emitter {
  // deno-lint-ignore no-explicit-any -- each has overloads of its own
  once(event: any, listener: (argument: any) => void): unknown;
}

/** Returns the first event of an emitter of `node:`, or rejects with its error. */
export function first(emitter: Emitter, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    emitter.once(event, (argument: unknown) => resolve(argument ?? true));
    emitter.once("error", reject);
  });
}
