/**
 * What must hold at the end of a program of the queue, whichever threads have died. A ghost is a variable that only the
 * checker reads and writes.
 *
 * @module
 */
import { DeliveryStage } from "../../lib/queue/steps/deliveries.ts";
import { Word as Log } from "../../lib/queue/steps/paged_log.ts";
import { DONE, Frame } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import {
  ACKNOWLEDGED,
  DELIVERED,
  deliveriesOf,
  HEAD,
  LIST,
  LOST,
  type QueueShape,
  SLOTS,
  TABLE,
} from "./queue_memory.ts";
import type { World } from "./world.ts";

/** Collects the lost items once more, then checks for each ticket whether it is acknowledged, in flight or listed as lost. */
export function checkTickets(world: World, shape: QueueShape, machines: Machines): void {
  const { state } = world.model;
  const frame = new Frame();
  frame.pc = DeliveryStage.UNDO;
  const next = state[HEAD] >>> 1;
  while (machines.deliveriesCollect(deliveriesOf(world.model, shape), frame, next) !== DONE);
  const listed = state.slice(LIST, LIST + state[LOST]);
  const owners = Array.from({ length: next }, (_, ticket) => world.ghost(DELIVERED + ticket));
  // A take sets its ghosts at its end. An item whose thread died between the move of HEAD and that end has owner 0.
  const unacknowledged = (thread: number) =>
    owners.filter((owner, ticket) => owner === thread && world.ghost(ACKNOWLEDGED + ticket) === 0).length;
  const unknown = owners.filter((owner) => owner === 0).length;
  // Whether a thread may have more lost items than its row has slots: then the oldest are not listed.
  const mayOverflow = owners.some((owner) => unacknowledged(owner) + (owner === 0 ? 0 : unknown) >= SLOTS);
  let unsettled = 0;
  for (let ticket = 0; ticket < next; ticket++) {
    const times = listed.filter((item) => item === ticket).length;
    const consumer = world.ghost(DELIVERED + ticket);
    const acknowledged = world.ghost(ACKNOWLEDGED + ticket) === 1;
    const isLost = consumer === 0 || (!acknowledged && world.dead(consumer));
    world.check(times <= 1, `lost item ${ticket} is listed ${times} times`);
    // A row keeps the last tickets of its thread only: older lost items are not listed.
    if (!mayOverflow) world.check(times === (isLost ? 1 : 0), `item ${ticket}: lost is ${isLost}`);
    else world.check(times === 0 || isLost, `item ${ticket} is listed, and not lost`);
    const isLast = consumer !== 0 && owners.lastIndexOf(consumer) === ticket && unknown === 0;
    if (isLast && isLost) world.check(times === 1, `item ${ticket}, the last of its thread, is not listed`);
    if (!isLost && !acknowledged) unsettled++;
  }
  world.check(listed.every((item) => item >= 0 && item < next), "an item is listed that no thread took");
  const settled = machines.doneCount(deliveriesOf(world.model, shape));
  world.check(next - settled === unsettled, `${next - settled} items count as unfinished, ${unsettled} are in flight`);
}

/**
 * Checks that no page of memory is used twice: the PAGES entries of TABLE from FIRST on are different. They include the
 * entry at LAST if a thread died before it could move LAST.
 */
export function checkPages(world: World, pages: number): void {
  const { state } = world.model;
  const names = Array.from(
    { length: state[Log.PAGES] },
    (_, i) => state[TABLE + ((state[Log.FIRST] + i) & (pages - 1))],
  );
  world.check(new Set(names).size === names.length, `pages of memory ${names} are in use`);
}
