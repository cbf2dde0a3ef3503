/**
 * The algorithms of queues and pipes with one mistake each, which the explorer must find. Four mistakes are real: production
 * had them until these programs found them. Their names end in "(a real one)".
 *
 * A mutant replaces one step of a machine, or gives it one more. `program` is the smallest one that shows the mistake.
 *
 * @module
 */
import { DeliveryStage, type DeliveryWords, ReleaseOne, Row, sizeOf, Word } from "../../lib/queue/steps/deliveries.ts";
import { End } from "../../lib/queue/steps/ends.ts";
import { type LogWords, Word as Log, Write, write } from "../../lib/queue/steps/paged_log.ts";
import { DONE, end, type Frame, jump, type Outcome, OwnerStatus, Result } from "../../lib/shared/steps/step.ts";
import { machines } from "./machines.ts";
import { pipeProgram } from "./pipes.ts";
import type { Mutant } from "./prove.ts";
import { queueProgram } from "./queues.ts";
import { selectProgram } from "./selects.ts";

const { deliveriesTake, deliveriesCollect, ringReady, ringPut } = machines;

/** Values of `frame.pc` that only mutants have. */
const EXTRA = 100, EXTRA_NEXT = 101;

// Replaces the step at one `pc` of the write to a log.
function inLog(pc: number, mutant: (log: LogWords, frame: Frame) => Outcome): Pick<typeof machines, "logWrite"> {
  return { logWrite: (log, frame, ...more) => frame.pc === pc ? mutant(log, frame) : write(log, frame, ...more) };
}

// Replaces the step at one `pc` of both machines of deliveries, unless the mutant returns `undefined`.
function inDeliveries(
  pc: number,
  mutant: (deliveries: DeliveryWords, frame: Frame, row: number) => Outcome | undefined,
): Pick<typeof machines, "deliveriesTake" | "deliveriesCollect"> {
  // `rowOf` gives the number of the row that the machine works on.
  const wrap = (original: typeof deliveriesTake, rowOf: (deliveries: DeliveryWords, frame: Frame) => number) =>
  (
    deliveries: DeliveryWords,
    frame: Frame,
    ticket: number,
  ): Outcome => {
    const changed = frame.pc === pc
      ? mutant(deliveries, frame, deliveries.first + rowOf(deliveries, frame) * sizeOf(deliveries))
      : undefined;
    return changed ?? original(deliveries, frame, ticket);
  };
  return {
    deliveriesTake: wrap(deliveriesTake, (deliveries, frame) => frame.me & (deliveries.rows - 1)),
    deliveriesCollect: wrap(deliveriesCollect, (_, frame) => frame.b),
  };
}

/** All mutants of queues and pipes. */
export const queueMutants: Mutant[] = [
  {
    name: "a log that reuses the page that a consumer reads",
    machines: inLog(Write.CONFIRM, (_, frame) => {
      if (frame.seen !== -1) return jump(frame, Write.OLD);
      frame.seen = 0;
      return jump(frame, Write.OLD);
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], pages: 2, deaths: 0 }),
  },
  {
    name: "a log that drops its first page before TABLE names the last one",
    machines: inLog(Write.NAME, (log, frame) => {
      log.words.add(Log.FIRST, 1);
      return jump(frame, EXTRA);
    }),
    program: (machines) => {
      const early = machines.logWrite;
      const logWrite: typeof write = (log, frame, ...more) => {
        if (frame.pc !== EXTRA) return early(log, frame, ...more);
        log.words.store(log.table + (frame.e & (log.pages - 1)), frame.seen);
        return jump(frame, Write.LAST);
      };
      return queueProgram({ ...machines, logWrite }, { puts: [[1, 1, 1]], takes: [3] });
    },
  },
  {
    name: "a log that counts a new page before TABLE names it",
    machines: inLog(Write.NEW, (log, frame) => {
      if (log.words.load(Log.PAGES) === frame.seen) {
        log.words.store(Log.PAGES, frame.seen + 1);
        return jump(frame, Write.NEW);
      }
      log.words.store(log.table + (frame.e & (log.pages - 1)), frame.seen);
      return jump(frame, Write.LAST);
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1], [1]], takes: [3], pages: 2 }),
  },
  {
    name: "a log that does not wait for a free page",
    machines: {
      ringPut: (ring, frame, copy) =>
        ringPut(ring, frame, (at, inner) => {
          const outcome = copy(at, inner);
          if (outcome === DONE && inner.result === Result.FULL) inner.result = Result.OK;
          return outcome;
        }),
    },
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], pages: 2, deaths: 0 }),
  },
  {
    name: "a delivery that stays although its dead owner had not taken the item",
    machines: inDeliveries(DeliveryStage.UNDO_COUNT, (_, frame) => jump(frame, DeliveryStage.UNDONE)),
    program: (machines) => queueProgram(machines, { puts: [[1]], takes: [1, 1] }),
  },
  {
    name: "a delivery that is counted before its ticket is written",
    machines: inDeliveries(DeliveryStage.TAKE_TICKET, (deliveries, frame, row) => {
      const { words } = deliveries;
      // Counts once, then writes the ticket.
      if (words.load(row + Row.TAKEN) === frame.seen) {
        words.add(row + Row.TAKEN, 1);
        return jump(frame, DeliveryStage.TAKE_TICKET);
      }
      words.store(row + Row.TICKETS + (frame.seen & (deliveries.slots - 1)), frame.a >>> 1);
      return DONE;
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3] }),
  },
  {
    name: "a lost item that a second thread lists again after a death",
    machines: inDeliveries(DeliveryStage.LIST_LAST_ENTRY, (_, frame) => jump(frame, DeliveryStage.LIST_ENTRY)),
    program: (machines) => queueProgram(machines, { puts: [[1]], takes: [1], collects: 1, deaths: 2 }),
  },
  {
    name: "a lost item that leaves the deliveries before it is listed",
    machines: inDeliveries(DeliveryStage.LIST_LOST, (deliveries, frame, row) => {
      // The original reads the position in the list before this step.
      frame.e = deliveries.words.load(Word.LOST);
      deliveries.words.add(row + Row.DONE, 1);
      return jump(frame, EXTRA);
    }),
    program: (machines) => {
      const early = machines.deliveriesCollect;
      const deliveriesCollect: typeof early = (deliveries, frame, next) => {
        if (frame.pc === EXTRA) {
          deliveries.words.store(deliveries.list + frame.e % deliveries.listed, frame.d);
          return jump(frame, EXTRA_NEXT);
        }
        if (frame.pc !== EXTRA_NEXT) return early(deliveries, frame, next);
        deliveries.words.store(Word.LOST, frame.e + 1);
        return jump(frame, DeliveryStage.LIST_DONE);
      };
      return queueProgram({ ...machines, deliveriesCollect }, { puts: [[1]], takes: [1], collects: 1, deaths: 2 });
    },
  },
  {
    name: "deliveries of which all slots are listed, although a dying take has overwritten one (a real one)",
    machines: inDeliveries(DeliveryStage.LIST_TAKEN, (deliveries, frame, row) => {
      const count = deliveries.words.load(row + Row.TAKEN) - frame.seen;
      return count > 0 ? jump(frame, DeliveryStage.LIST_TICKET) : undefined;
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], acknowledges: true }),
  },
  {
    name: "old deliveries without a slot that are settled together with those that have one",
    machines: inDeliveries(DeliveryStage.LIST_OVERWRITTEN, (deliveries, frame, row) => {
      deliveries.words.add(row + Row.DONE, frame.d + deliveries.slots - 1);
      return jump(frame, DeliveryStage.LIST_DONE);
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], acknowledges: true }),
  },
  {
    name: "a thread that takes the row of a dead one and does not list its items",
    machines: {
      deliveriesTake: (deliveries, frame, ticket) =>
        frame.pc === DeliveryStage.LIST_DONE
          ? jump(frame, DeliveryStage.SET_OWNER)
          : deliveriesTake(deliveries, frame, ticket),
    },
    program: (machines) => queueProgram(machines, { puts: [[1, 1]], takes: [1, 1], pages: 2, reusesRow: true }),
  },
  {
    name: "an item that is counted as done before it leaves the deliveries (a real one)",
    machines: {
      releaseOne(deliveries, frame) {
        if (frame.pc !== ReleaseOne.COUNT_DONE) return machines.releaseOne(deliveries, frame);
        // DONE of row 0, which no thread has, stands for a count of all items.
        deliveries.words.add(deliveries.first + Row.DONE, 1);
        return jump(frame, EXTRA);
      },
    },
    program: (machines) => {
      const early = machines.releaseOne;
      const releaseOne: typeof early = (deliveries, frame) => {
        if (frame.pc !== EXTRA) return early(deliveries, frame);
        deliveries.words.add(deliveries.first + frame.me * sizeOf(deliveries) + Row.DONE, 1);
        return DONE;
      };
      const doneCount = ({ words, first }: DeliveryWords) => words.load(first + Row.DONE) + words.load(Word.LOST);
      return queueProgram({ ...machines, releaseOne, doneCount }, { puts: [[1]], takes: [1], acknowledges: true });
    },
  },
  {
    name: "a select that receives a notification and does not pass it on",
    machines: { ringPassOn: (_, frame) => end(frame, Result.OK) },
    program: (machines) => selectProgram(machines, { puts: [1, 1], deaths: 0 }),
  },
  {
    name: "a select that gives up and does not pass the notification on",
    machines: {
      ringReady: (ring, frame) => frame.giveUp ? end(frame, Result.GAVE_UP) : ringReady(ring, frame),
    },
    program: (machines) => selectProgram(machines, { puts: [1, 1], deaths: 0 }),
  },
  {
    name: "an end of a pipe that counts as gone while it arrives (a real one)",
    machines: {
      endCheck(words, frame) {
        switch (frame.pc) {
          case 0:
            frame.d = words.load(End.HOLDER);
            return jump(frame, frame.d === 0 ? 2 : 1);
          case 1:
            return words.ownerStatus(frame.d) === OwnerStatus.GONE ? jump(frame, 2) : end(frame, Result.OK);
          default:
            return end(frame, (words.load(End.SENT) & 1) === 0 ? Result.CLOSED : Result.OK);
        }
      },
    },
    program: (machines) => pipeProgram(machines, { deaths: 0 }),
  },
  {
    name: "an end of a pipe whose early close checks only whether it is in transit (a real one)",
    machines: {
      endLeave(words, frame) {
        if (frame.pc === 0) {
          return words.compareExchange(End.HOLDER, frame.me, 0) === frame.me ? jump(frame, 1) : end(frame, Result.OK);
        }
        return end(frame, (words.load(End.SENT) & 1) === 0 ? Result.CLOSED : Result.OK);
      },
    },
    program: (machines) => pipeProgram(machines, { checks: 1, deaths: 0 }),
  },
];
