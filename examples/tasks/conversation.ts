import { createHash } from "node:crypto";
import type { Connection, Queue } from "@isopool/isopool";

/** A value with types that structured clone can copy and JSON cannot. */
export interface Info {
  when: Date;
  from: string;
  bytes: Uint8Array;
  counts: Map<string, number>;
}

/** Puts one item and ends; `multiprocessing` needs a feeder thread for that. */
export function f(q: Queue<Info>): void {
  const counts = new Map([["some", 1], ["info", 1]]);
  q.putSync({ when: new Date(0), from: "f", bytes: new Uint8Array([1, 2, 3]), counts });
}

/** Sends back the sha256 of each file, until the other end is closed. Returns the number of files. */
export async function digest(files: Connection<Uint8Array | string>): Promise<number> {
  let count = 0;
  for await (const bytes of files) {
    await files.send(createHash("sha256").update(bytes).digest("hex"));
    count++;
  }
  return count;
}
