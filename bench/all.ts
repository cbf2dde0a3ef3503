/**
 * All benchmarks, in the order in which they run.
 *
 * @module
 */
import { bytesBenches } from "./bytes.ts";
import { clusterBenches } from "./cluster.ts";
import { cpuBounds } from "./cpu_bound.ts";
import { handleBenches } from "./handles.ts";
import { imap } from "./imap.ts";
import { inFlights } from "./in_flight.ts";
import { kill } from "./kill.ts";
import type { Bench } from "./kit/bench.ts";
import { load } from "./load.ts";
import { locks } from "./locks.ts";
import { mapMixes } from "./map_mixed.ts";
import { mapTrivial } from "./map_trivial.ts";
import { memory } from "./memory.ts";
import { mixedWait } from "./mixed_wait.ts";
import { numberBenches } from "./numbers.ts";
import { objectBenches } from "./objects.ts";
import { pooled, pooledOptions } from "./pooled.ts";
import { queues } from "./queue.ts";
import { processBenches } from "./processes.ts";
import { roundTrip } from "./round_trip.ts";
import { shortCalls } from "./short_calls.ts";
import { startUp } from "./start_up.ts";
import { stream } from "./stream.ts";
import { submit } from "./submit.ts";

export const BENCHES: readonly Bench[] = [
  roundTrip,
  ...shortCalls,
  ...inFlights,
  submit,
  mixedWait,
  ...objectBenches,
  ...bytesBenches,
  ...handleBenches,
  mapTrivial,
  ...mapMixes,
  ...cpuBounds,
  imap,
  stream,
  ...queues,
  ...locks,
  ...numberBenches,
  pooled,
  pooledOptions,
  startUp,
  ...processBenches,
  ...clusterBenches,
  load,
  memory,
  kill,
];
