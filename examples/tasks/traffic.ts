import type { Queue, SharedEvent } from "@isopool/isopool";

/** Drives up to the light, waits until it is green, and drives on. */
export function drive(car: string, green: SharedEvent, log: Queue<string>): void {
  log.putSync(`${car} ${green.isSet ? "sees green" : "waits"}`);
  green.waitSync();
  log.putSync(`${car} drives`);
}
