/**
 * `sentItem()`: the item of a map, or the arguments of a call, as the task gets them.
 *
 * @module
 */
import { decodeItems } from "../protocol/snapshot.ts";
import { uncopyableIn } from "../protocol/transfer_error.ts";
import { resolveShared, type Shares } from "../protocol/shared_value.ts";

/**
 * Returns the item, or the list of arguments, that a task gets.
 *
 * @param sent What the scheduler holds for the call: encoded (protocol/snapshot.ts), or `Uncopyable`.
 * @param spread Whether it is a list of arguments.
 * @param shares The shared values that it refers to.
 */
export function sentItem(sent: unknown, spread: boolean, shares: Shares | undefined): unknown {
  // A call that was cancelled is reported without its item.
  if (sent === undefined) return undefined;
  const refused = uncopyableIn(sent);
  if (refused) return refused.value;
  const [item] = decodeItems([sent], spread);
  return shares === undefined ? item : resolveShared(item, spread, (id) => shares.get(id)?.value);
}
