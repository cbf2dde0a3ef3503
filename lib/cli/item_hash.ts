/**
 * `ItemHash`: names a call by the hash of the task's code and of its item, so that a later run finds in a job log which items
 * an earlier run has done.
 *
 * @module
 */
import { codeHash, sha256 } from "../checkpoint/code.ts";
import { json } from "./formats.ts";
import type { ModuleExport } from "./module.ts";

/** Length of a hash in characters of base64url: 132 bits. */
const LENGTH = 22;

/** Hashes the items of one task. A change of its module, or of a local module that it imports, changes all hashes. */
export class ItemHash {
  readonly #code: string;

  constructor(task: ModuleExport) {
    this.#code = codeHash(task);
  }

  /** Returns the hash of a call with this item. */
  of(item: unknown): string {
    return sha256(`${this.#code}\n${json(item)}`).slice(0, LENGTH);
  }
}
