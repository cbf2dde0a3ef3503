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
  /** What contains it, and nothing else that the library grants: a worker that has this one may keep the other. */
  readonly wider: Grant["permission"];
}
