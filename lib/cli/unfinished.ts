/**
 * `Unfinished`: the items that were read and have not ended, by index.
 *
 * A Map with an entry for each item would take a tenth of an item's whole time, so it has one for each 1,024.
 *
 * @module
 */

const LENGTH = 1_024;

interface Block {
  readonly number: number;
  readonly items: unknown[];
  /** Number of items of the block that are still to be taken. Counts from LENGTH, so also those that were not added yet. */
  left: number;
}

/** Items by index. They are added in the order of the indexes, and taken in any order. */
export class Unfinished {
  readonly #blocks = new Map<number, Block>();
  #last: Block | undefined;
  #recent: Block | undefined;

  /** Adds the item of the next index. */
  add(index: number, item: unknown): void {
    let block = this.#last;
    if (block?.number !== Math.floor(index / LENGTH)) {
      block = this.#last = { number: Math.floor(index / LENGTH), items: [], left: LENGTH };
      this.#blocks.set(block.number, block);
    }
    block!.items.push(item);
  }

  /** Removes an item and returns it. */
  take(index: number): unknown {
    let block = this.#recent;
    if (block?.number !== Math.floor(index / LENGTH)) {
      block = this.#recent = this.#blocks.get(Math.floor(index / LENGTH))!;
    }
    const { items } = block!;
    const item = items[index % LENGTH];
    items[index % LENGTH] = undefined;
    if (--block!.left === 0) this.#blocks.delete(block!.number);
    return item;
  }
}
