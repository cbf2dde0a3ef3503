/**
 * What hostile tasks aim at: files, servers and processes that the test has made, none of which a scope names.
 *
 * ```
 * folder/secret, victim, module.js, data.json    not in any scope
 * folder/open/file, link -> ../secret, up -> ..  a narrow scope may read it
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

/**
 * An attempt: returns what shows that it has succeeded, anything but `undefined`, hence `?? true` behind calls that return
 * nothing. It throws, rejects or returns `undefined` if it was denied.
 */
export type Attempt = (target: Target) => unknown;

/** An argument of the host that an attempt searches for. */
export const MARK = "isopool-argument";

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

/** Whether an error says that the runtime has refused. */
export function isDenial(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || /NotCapable|EPERM|EACCES|access to/.test(String(error));
}

/** Runs a module in a Web Worker of the task. Resolves to the first value that it posts. */
export function inWorker(text: string, options: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const url = `data:text/javascript,${encodeURIComponent(text)}`;
    const worker = new Worker(url, { type: "module", ...options });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      // `undefined` arrives as null.
      resolve(data ?? undefined);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
  });
}
