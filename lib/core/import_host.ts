/**
 * `importHost()`: the host of a module, as the permission to import names it.
 *
 * @module
 */
import type { URL } from "./platform.ts";

/** Returns the host of an `http:` or `https:` URL with its port, which the permission needs even if it is the usual one. */
export function importHost({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
}
