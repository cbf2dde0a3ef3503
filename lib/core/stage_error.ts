/**
 * The error of a stage of `stages()`. `errors.ts` exports it with the others.
 *
 * @module
 */
import { IsopoolError, optionsOf } from "./base_error.ts";
import { shorten } from "./shorten.ts";

/**
 * An item failed in a stage of `stages()`. The `cause` is what the stage's function threw, unchanged.
 *
 * @example Find the stage and the item
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { StageError, stages } from "@isopool/isopool";
 *
 * const parse = (text: string) => JSON.parse(text);
 * const error = await assertRejects(() => stages(["1", "{"]).io((text) => text).io(parse).drain(), StageError);
 * assertEquals([error.stage, error.function, error.item], [2, "parse", "{"]);
 * ```
 */
export class StageError extends IsopoolError {
  /** @ignore */
  override name = "StageError";
  /** Position of the stage, from 1. */
  readonly stage: number;
  /** Name of the stage's function or task. */
  readonly function: string;
  /** What the stage was given. */
  readonly item: unknown;

  /** Creates the error of a stage from its position, its function's name and its item. */
  constructor(message: string, options: ErrorOptions & { stage: number; function: string; item: unknown }) {
    super(message, options);
    const given = optionsOf(options);
    this.stage = given.stage;
    this.function = given.function;
    this.item = given.item;
  }
}

/** Makes the error of stage `stage`, whose `fn` failed on `item` with `cause`. */
export function stageError(stage: number, fn: string, item: unknown, cause: unknown): StageError {
  const why = cause instanceof Error ? cause.message : shorten(cause);
  return new StageError(`Stage ${stage} (${fn}) failed on ${shorten(item)}: ${why}`, {
    stage,
    function: fn,
    item,
    cause,
  });
}
