/**
 * The frame of a thread in a state of the explorer: its fields as integers, one after another.
 *
 * @module
 */
import type { Frame } from "../../lib/shared/steps/step.ts";
import type { Model } from "./world.ts";

/** The number of integers of a frame. */
export const FRAME_SIZE = 15;
/** Offsets of the fields that the explorer reads and writes by themselves. */
export const Field = { PC: 0, STAGE: 1, ME: 2, GIVE_UP: 9, WHERE: 12, ON: 13 } as const;

/** Reads a frame from a state. */
export function loadFrame(model: Model, frame: Frame, state: number[], at: number): void {
  frame.pc = state[at];
  frame.stage = state[at + 1];
  frame.me = state[at + 2];
  frame.seen = state[at + 3];
  frame.a = state[at + 4];
  frame.b = state[at + 5];
  frame.c = state[at + 6];
  frame.d = state[at + 7];
  frame.e = state[at + 8];
  frame.giveUp = state[at + 9] === 1;
  frame.recover = state[at + 10] === 1;
  frame.result = state[at + 11];
  frame.where = state[at + 12] < 0 ? undefined : model.at(state[at + 12]);
  frame.on = state[at + 13];
  frame.expected = state[at + 14];
}

/** Writes a frame into a state. */
export function saveFrame(model: Model, frame: Frame, state: number[], at: number): void {
  const where = frame.where === undefined ? -1 : model.baseOf(frame.where);
  const { pc, stage, me, seen, a, b, c, d, e, giveUp, recover, result, on, expected } = frame;
  const all = [pc, stage, me, seen, a, b, c, d, e, +giveUp, +recover, result, where, on, expected];
  for (let i = 0; i < all.length; i++) state[at + i] = all[i];
}

/** Writes a fresh frame of a thread into a state. */
export function resetFrame(state: number[], at: number, me: number): void {
  for (let i = 0; i < FRAME_SIZE; i++) state[at + i] = 0;
  state[at + Field.ME] = me;
  state[at + Field.WHERE] = -1;
}
