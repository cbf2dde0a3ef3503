/**
 * How a worker process connects to its host (lib/transport/process_listener.ts, workers/process_connection.ts).
 *
 * @module
 */

/** What a worker process needs to connect. */
export interface Connecting {
  readonly address: Address;
  /** Permissions that the worker has until it is connected, and then gives back. */
  readonly grants: readonly Grant[];
  /** The file in memory (memory_file.ts), if there is one. */
  readonly memory: string | undefined;
}

/** Where the host listens. */
export type Address =
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number };

/** A permission that the worker has until it is connected. */
export interface Grant {
  readonly permission: Deno.ReadPermissionDescriptor | Deno.WritePermissionDescriptor | Deno.NetPermissionDescriptor;
  /** A permission that contains it, and no other one of the library's. A worker that has the wider one may keep both. */
  readonly wider: Grant["permission"];
}
