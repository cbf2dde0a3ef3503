/**
 * The memory of a channel: what one thread sends to another so that both use the same channel.
 *
 * @module
 */
import { newMemory } from "../shared/memory.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { CONTROL_WORDS } from "./control_layout.ts";
import { newPages } from "./paged_log.ts";

/** The shared memory of a channel. */
export interface ChannelMemory {
  /** Positions, locks, page table, deliveries: control_layout.ts. */
  readonly control: SharedArrayBuffer;
  /** The records. */
  readonly pages: SharedArrayBuffer;
  /** The table of threads that can own a lock. */
  readonly owners: SharedArrayBuffer;
  /** Maximum number of records. */
  readonly maxSize: number;
}

/** The `maxSize` of a channel without a limit. */
export const UNLIMITED: number = 2 ** 30;

/** Allocates the memory of a channel. */
export function newChannelMemory(owners: OwnerTable, maxSize: number): ChannelMemory {
  return { control: newMemory(CONTROL_WORDS), pages: newPages(), owners: owners.memory, maxSize };
}
