/**
 * A program of the ends of a pipe: a thread sends its end to another one and closes it early, while a third thread checks
 * whether that end is gone.
 *
 * @module
 */
import { End, send } from "../../lib/queue/steps/ends.ts";
import { CONTINUE, DONE, Frame, Result, sleep } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Op, Program, World } from "./world.ts";

const MESSAGE = End.SIZE;
// Ghosts: the thread that holds the end, and whether the end is in transit.
const HOLDER = 0, IN_TRANSIT = 1;
const OLD = 1, NEW = 2;

function isOpen(world: World): boolean {
  const holder = world.ghost(HOLDER);
  return world.ghost(IN_TRANSIT) === 1 || (holder !== 0 && !world.dead(holder));
}

function checkClosed(world: World, { result }: Frame): void {
  if (result !== Result.CLOSED) return;
  world.check(!isOpen(world), `${world.me} finds the end gone while ${world.ghost(HOLDER)} holds it`);
}

/** The old holder of the end, the new holder, and a thread at the other end, which checks it `checks` times. */
export function pipeProgram({ endArrive, endCheck, endLeave }: Machines, { checks = 2, deaths = 1 }): Program {
  const close: Op = {
    begin: (world) => world.ghost(HOLDER) === world.me && world.setGhost(HOLDER, 0),
    step: (model, frame) => endLeave(model.at(0), frame),
    end: checkClosed,
  };
  const sends: Op = {
    begin: (world) => world.setGhost(IN_TRANSIT, 1),
    step(model) {
      send(model.at(0));
      return DONE;
    },
  };
  const posts: Op = {
    step(model, frame) {
      if (frame.pc === 1) {
        model.at(0).notify(MESSAGE, 1);
        return DONE;
      }
      model.at(0).store(MESSAGE, 1);
      frame.pc = 1;
      return CONTINUE;
    },
  };
  const receives: Op = {
    step: (model, frame) => model.at(0).load(MESSAGE) === 1 ? DONE : sleep(model.at(0), frame, MESSAGE, 0, 0),
  };
  const arrives: Op = {
    begin: (world) => world.setGhost(HOLDER, NEW),
    step: (model, frame) => endArrive(model.at(0), frame),
    end: (world) => world.setGhost(IN_TRANSIT, 0),
  };
  const check: Op = { step: (model, frame) => endCheck(model.at(0), frame), end: checkClosed };
  return {
    name: `pipe: an end is sent and closed early, ${checks} checks, deaths ${deaths}`,
    words: MESSAGE + 1,
    ghosts: 2,
    init: (words) => words.store(End.HOLDER, OLD),
    scripts: [[sends, posts, close], [receives, arrives, close], Array.from({ length: checks }, () => check)],
    deaths,
    // The old holder has died before it sent the end.
    maySleep: (world, thread) => thread === NEW && world.dead(OLD),
    atEnd(world) {
      const frame = new Frame();
      while (endCheck(world.model.at(0), frame) !== DONE);
      const open = isOpen(world);
      world.check(
        open === (frame.result === Result.OK),
        `the end is ${open ? "open" : "gone"}, and the check says otherwise`,
      );
    },
  };
}
