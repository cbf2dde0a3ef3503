import type { Queue, SharedEvent } from "@isopool/isopool";

/** Writes to the log, waits until the light is green, and writes again. */
export function drive(car: string, green: SharedEvent, log: Queue<string>): void {
  log.putSync(`${car} ${green.isSet ? "sees green" : "waits"}`);
  green.waitSync();
  log.putSync(`${car} drives`);
}
