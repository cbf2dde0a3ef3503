/**
 * The memory of a channel: what one thread sends to another so that both use the same channel.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { crypto } from "../core/platform.ts";
import { newMemory } from "../shared/memory.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { CONTROL_WORDS } from "./control_layout.ts";
import { MAX_BYTES, newPages } from "./paged_log.ts";

/** The shared memory of a channel. */
export interface ChannelMemory {
  /** A random name, which identifies the channel. The buffers cannot: each message makes new objects for the same memory. */
  readonly name: string;
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
  return {
    name: crypto.randomUUID(),
    control: newMemory(CONTROL_WORDS),
    pages: newPages(),
    owners: owners.memory,
    maxSize,
  };
}

/**
 * Checks the memory of a channel that has arrived in a message.
 *
 * @throws {IsopoolError} If no channel can have it.
 */
export function checkChannelMemory(memory: ChannelMemory): ChannelMemory {
  const { name, control, pages, owners, maxSize }: Partial<ChannelMemory> = memory ?? {};
  const isChannel = control instanceof SharedArrayBuffer && control.byteLength === CONTROL_WORDS * 4 &&
    pages instanceof SharedArrayBuffer && pages.growable && pages.maxByteLength === MAX_BYTES &&
    owners instanceof SharedArrayBuffer && typeof name === "string" && Number.isInteger(maxSize) && maxSize! >= 1 &&
    maxSize! <= UNLIMITED;
  if (!isChannel) throw corruptMemory("receive queue");
  return memory;
}
