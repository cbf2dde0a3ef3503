/**
 * A program of the ends of a pipe: an end is sent, its old holder closes early, and somebody looks whether it is gone.
 *
 * @module
 */
import { End, send } from "../../lib/queue/steps/ends.ts";
import { DONE, Frame, Result, sleep } from "../../lib/shared/steps/step.ts";
import type { Machines } from "./machines.ts";
import type { Op, Program, World } from "./world.ts";

const MESSAGE = End.SIZE;
// Ghosts: who holds it, and whether it is under way.
const HOLDER = 0, UNDER_WAY = 1;
const OLD = 1, NEW = 2;

function concludes(world: World, { result }: Frame): void {
  if (result !== Result.CLOSED) return;
  const holder = world.ghost(HOLDER);
  const isOpen = world.ghost(UNDER_WAY) === 1 || (holder !== 0 && !world.dead(holder));
  world.check(!isOpen, `${world.me} takes the end for gone, ${holder} holds it`);
}

/** The old holder, the new one, and the one at the other end, who looks so many times. */
export function pipeProgram({ arrive, look, leave }: Machines, { looks = 2, deaths = 1 }): Program {
  const close: Op = {
    begin: (world) => world.ghost(HOLDER) === world.me && world.setGhost(HOLDER, 0),
    step: (model, frame) => leave(model.at(0), frame),
    end: concludes,
  };
  const sends: Op = {
    begin: (world) => world.setGhost(UNDER_WAY, 1),
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
      return 0;
    },
  };
  const receives: Op = {
    step: (model, frame) => model.at(0).load(MESSAGE) === 1 ? DONE : sleep(model.at(0), frame, MESSAGE, 0, 0),
  };
  const arrives: Op = {
    begin: (world) => world.setGhost(HOLDER, NEW),
    step: (model, frame) => arrive(model.at(0), frame),
    end: (world) => world.setGhost(UNDER_WAY, 0),
  };
  const looksAt: Op = { step: (model, frame) => look(model.at(0), frame), end: concludes };
  return {
    name: `pipe: an end is sent and closed early, ${looks} looks, deaths ${deaths}`,
    words: MESSAGE + 1,
    ghosts: 2,
    init: (words) => words.store(End.HOLDER, OLD),
    scripts: [[sends, posts, close], [receives, arrives, close], Array.from({ length: looks }, () => looksAt)],
    deaths,
    // Its old holder has died and not sent it.
    maySleep: (world, thread) => thread === NEW && world.dead(OLD),
    atEnd(world) {
      const frame = new Frame();
      while (look(world.model.at(0), frame) !== DONE);
      const holder = world.ghost(HOLDER);
      const isOpen = world.ghost(UNDER_WAY) === 1 || (holder !== 0 && !world.dead(holder));
      world.check(isOpen === (frame.result === Result.OK), `open is ${isOpen}, and looks otherwise`);
    },
  };
}
