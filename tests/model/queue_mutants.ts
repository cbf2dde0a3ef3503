/**
 * The queue's algorithms with one mistake each. Four were not planted: they were in production until these programs
 * were written, and are marked so.
 *
 * @module
 */
import { DeliveryStage, type DeliveryWords, Place, Word } from "../../lib/queue/steps/deliveries.ts";
import { End } from "../../lib/queue/steps/ends.ts";
import { type LogWords, Write, write } from "../../lib/queue/steps/paged_log.ts";
import { DONE, end, type Frame, jump, type Outcome, OwnerStatus, Result } from "../../lib/shared/steps/step.ts";
import { machines } from "./machines.ts";
import { pipeProgram } from "./pipes.ts";
import type { Mutant } from "./prove.ts";
import { queueProgram } from "./queues.ts";
import { selectProgram } from "./selects.ts";

const { handsTake, handsCollect, ringReady, ringPut } = machines;

// The original, but for the steps at one place.
function inLog(pc: number, mutant: (log: LogWords, frame: Frame) => Outcome): Pick<typeof machines, "logWrite"> {
  return { logWrite: (log, frame, ...more) => frame.pc === pc ? mutant(log, frame) : write(log, frame, ...more) };
}

function inHands(
  pc: number,
  mutant: (hands: DeliveryWords, frame: Frame, place: number) => Outcome | undefined,
): Pick<typeof machines, "handsTake" | "handsCollect"> {
  const size = (hands: DeliveryWords) => Place.TICKETS + hands.slots;
  const wrap = (original: typeof handsTake, placeOf: (hands: DeliveryWords, frame: Frame) => number) =>
  (
    hands: DeliveryWords,
    frame: Frame,
    ticket: number,
  ): Outcome => {
    const changed = frame.pc === pc
      ? mutant(hands, frame, hands.first + placeOf(hands, frame) * size(hands))
      : undefined;
    return changed ?? original(hands, frame, ticket);
  };
  return {
    handsTake: wrap(handsTake, (hands, frame) => frame.me & (hands.places - 1)),
    handsCollect: wrap(handsCollect, (_, frame) => frame.b),
  };
}

/** All of them. */
export const queueMutants: Mutant[] = [
  {
    name: "a log that uses the page which is being read",
    machines: inLog(Write.CONFIRM, (_, frame) => {
      if (frame.seen !== -1) return jump(frame, Write.OLD);
      frame.seen = 0;
      return jump(frame, Write.OLD);
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], pages: 2, deaths: 0 }),
  },
  {
    name: "a log that drops its first page before the last one is named",
    machines: inLog(Write.NAME, (log, frame) => {
      log.words.add(8, 1);
      return jump(frame, 100);
    }),
    program: (machines) => {
      const early = machines.logWrite;
      const logWrite: typeof write = (log, frame, ...more) => {
        if (frame.pc !== 100) return early(log, frame, ...more);
        log.words.store(log.table + (frame.e & (log.pages - 1)), frame.seen);
        return jump(frame, Write.LAST);
      };
      return queueProgram({ ...machines, logWrite }, { puts: [[1, 1, 1]], takes: [3] });
    },
  },
  {
    name: "a log that counts a new page before it is named",
    machines: inLog(Write.NEW, (log, frame) => {
      if (log.words.load(10) === frame.seen) {
        log.words.store(10, frame.seen + 1);
        return jump(frame, Write.NEW);
      }
      log.words.store(log.table + (frame.e & (log.pages - 1)), frame.seen);
      return jump(frame, Write.LAST);
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1], [1]], takes: [3], pages: 2 }),
  },
  {
    name: "a log that has no pages left and does not wait",
    machines: {
      ringPut: (ring, frame, cargo) =>
        ringPut(ring, frame, (at, inner) => {
          const outcome = cargo(at, inner);
          if (outcome === DONE && inner.result === Result.FULL) inner.result = Result.OK;
          return outcome;
        }),
    },
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], pages: 2, deaths: 0 }),
  },
  {
    name: "hands that keep what their dead owner had not got",
    machines: inHands(DeliveryStage.UNDO_COUNT, (_, frame) => jump(frame, DeliveryStage.UNDONE)),
    program: (machines) => queueProgram(machines, { puts: [[1]], takes: [1, 1] }),
  },
  {
    name: "hands that count before the ticket is there",
    machines: inHands(DeliveryStage.TAKE, (hands, frame, place) => {
      const { words } = hands;
      // Once; then the ticket.
      if (words.load(place + Place.TAKEN) === frame.seen) {
        words.add(place + Place.TAKEN, 1);
        return jump(frame, DeliveryStage.TAKE);
      }
      words.store(place + Place.TICKETS + (frame.seen & (hands.slots - 1)), frame.a >>> 1);
      return DONE;
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3] }),
  },
  {
    name: "lost items that are named again by who goes on after a death",
    machines: inHands(DeliveryStage.NAMED, (_, frame) => jump(frame, DeliveryStage.NAME)),
    program: (machines) => queueProgram(machines, { puts: [[1]], takes: [1], looks: 1, deaths: 2 }),
  },
  {
    name: "lost items that leave the hands before they are named",
    machines: inHands(DeliveryStage.LOST, (hands, frame, place) => {
      // The place in the list was read before.
      frame.e = hands.words.load(Word.LOST);
      hands.words.add(place + Place.DONE, 1);
      return jump(frame, 100);
    }),
    program: (machines) => {
      const early = machines.handsCollect;
      const handsCollect: typeof early = (hands, frame, next) => {
        if (frame.pc === 100) {
          hands.words.store(hands.list + frame.e % hands.listed, frame.d);
          return jump(frame, 101);
        }
        if (frame.pc !== 101) return early(hands, frame, next);
        hands.words.store(Word.LOST, frame.e + 1);
        return jump(frame, DeliveryStage.BURY);
      };
      return queueProgram({ ...machines, handsCollect }, { puts: [[1]], takes: [1], looks: 1, deaths: 2 });
    },
  },
  {
    name: "hands that name as many as they have slots, one of which a dying take has overwritten (was there)",
    machines: inHands(DeliveryStage.LEFT, (hands, frame, place) => {
      const count = hands.words.load(place + Place.TAKEN) - frame.seen;
      return count > 0 ? jump(frame, DeliveryStage.TICKET) : undefined;
    }),
    program: (machines) => queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], keeps: true }),
  },
  {
    name: "a thread that takes the place of a dead one and does not look into its hands",
    machines: {
      handsTake: (hands, frame, ticket) =>
        frame.pc === DeliveryStage.BURY ? jump(frame, DeliveryStage.OWN) : handsTake(hands, frame, ticket),
    },
    program: (machines) => queueProgram(machines, { puts: [[1, 1]], takes: [1, 1], pages: 2, reborn: true }),
  },
  {
    name: "an item that is counted as done before it leaves the hands (was there)",
    machines: {
      releaseOne(hands, frame) {
        if (frame.pc !== 3) return machines.releaseOne(hands, frame);
        // DONE of place 0, which is nobody's, stands for a count of all.
        hands.words.add(hands.first + Place.DONE, 1);
        return jump(frame, 4);
      },
    },
    program: (machines) => {
      const early = machines.releaseOne;
      const releaseOne: typeof early = (hands, frame) => {
        if (frame.pc !== 4) return early(hands, frame);
        hands.words.add(hands.first + frame.me * (Place.TICKETS + hands.slots) + Place.DONE, 1);
        return DONE;
      };
      const doneCount = ({ words, first }: DeliveryWords) => words.load(first + Place.DONE) + words.load(Word.LOST);
      return queueProgram({ ...machines, releaseOne, doneCount }, { puts: [[1]], takes: [1], keeps: true });
    },
  },
  {
    name: "a select that takes a notification and does not pass it on",
    machines: { ringPassOn: (_, frame) => end(frame, Result.OK) },
    program: (machines) => selectProgram(machines, { puts: [1, 1], deaths: 0 }),
  },
  {
    name: "a select that is given up on without passing the notification on",
    machines: {
      ringReady: (ring, frame) => frame.quit ? end(frame, Result.GAVE_UP) : ringReady(ring, frame),
    },
    program: (machines) => selectProgram(machines, { puts: [1, 1], deaths: 0 }),
  },
  {
    name: "an end of a pipe that is taken for gone while it arrives (was there)",
    machines: {
      look(words, frame) {
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
    name: "an end of a pipe whose early close looks only whether it is under way (was there)",
    machines: {
      leave(words, frame) {
        if (frame.pc === 0) {
          return words.compareExchange(End.HOLDER, frame.me, 0) === frame.me ? jump(frame, 1) : end(frame, Result.OK);
        }
        return end(frame, (words.load(End.SENT) & 1) === 0 ? Result.CLOSED : Result.OK);
      },
    },
    program: (machines) => pipeProgram(machines, { looks: 1, deaths: 0 }),
  },
];
