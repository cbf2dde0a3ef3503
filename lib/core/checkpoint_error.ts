/**
 * The error of checkpoints. `errors.ts` exports it with the others.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * A map cannot use its checkpoint: the file cannot be opened (`cause` says why), another run has it, it is no checkpoint,
 * or with `onChange: "refuse"` the code or an item has changed. The file is as it was.
 *
 * @example Refuse the results of older code
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { CheckpointError, pooled } from "@isopool/isopool";
 *
 * const checkpoint = { path: await Deno.makeTempFile(), onChange: "refuse" } as const;
 * assertEquals(await pooled([1, 2], (n) => n * 2, { checkpoint }), [2, 4]);
 * await assertRejects(() => pooled([1, 2], (n) => n * 3, { checkpoint }).then(), CheckpointError);
 * await Deno.remove(checkpoint.path);
 * ```
 */
export class CheckpointError extends IsopoolError {
  /** @ignore */
  override name = "CheckpointError";
}
