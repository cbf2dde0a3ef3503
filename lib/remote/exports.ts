/**
 * `Exports`: the objects of this process that one worker process was given, by id, and the requests that it makes.
 *
 * ```
 * { jobs: Queue }  -- to the worker -->  { jobs: { "isopool:shared": { kind: "remote", of: "queue", id: 3 } } }
 *                  <-- from the worker  request { object: 3, method: "put", ... }     only ids that were given to it
 * ```
 *
 * The host runs each method in the name of the worker (OwnerTable.guest): items are delivered to the worker, an end of a
 * pipe is held by it, transactions are its own. When it ends, they are lost, gone and undone, as with a thread.
 *
 * Nothing that comes from the worker is trusted: an id stands for an object only if the worker was given that object, a
 * method must be in the object's table, arguments are checked, and a worker has a limited number of requests.
 *
 * @module
 */
import { OVER } from "../core/abort.ts";
import { IsopoolError } from "../core/errors.ts";
import { AbortController } from "../core/platform.ts";
import { cloneInputWithErrors } from "../protocol/error_handle.ts";
import { copyTree, DESCEND } from "../protocol/copy_tree.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { UnreachableError } from "../protocol/reach.ts";
import { type AnswerMessage, type RemoteMessage, Status } from "../protocol/remote_messages.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { bare } from "../protocol/thrown_frame.ts";
import type { Thrown } from "../protocol/thrown.ts";
import { type Handle, handleCopies, KEY, REMOTE, type Reviver, reviverOf, VERSION } from "../shared/handle.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import { decode, isWrapped, ONE_STEP } from "../shared/revive.ts";
import { identityOf, openServed } from "./kinds.ts";
import type { Served } from "./served.ts";

/** Maximum number of requests of one worker that wait: puts into full queues, gets from empty ones. */
const MAX_PENDING = 10_000;

interface Export {
  readonly id: number;
  readonly key: unknown;
  readonly served: Served;
  /** How many times it was sent. */
  count: number;
}

/** The objects that one worker process was given. */
export class Exports {
  readonly #send: (answer: AnswerMessage, isSync: boolean) => void;
  readonly #byId = new Map<number, Export>();
  // By what is the same in all handles of an object.
  readonly #byKey = new Map<unknown, Export>();
  readonly #pending = new Map<number, AbortController>();
  // The worker as an owner, in each table of threads.
  readonly #guests = new Map<OwnerTable, OwnerTable>();
  #lastId = 0;
  #ended = false;

  /** @param send Sends an answer. It throws if the answer cannot be copied. */
  constructor(send: (answer: AnswerMessage, isSync: boolean) => void) {
    this.#send = send;
  }

  /** Returns what stands for a shared object in a message to the worker. */
  readonly exporter = (handle: Handle): Handle => {
    if (handle.kind === "error") return handle;
    if (handle.kind === REMOTE) throw new TypeError(ONE_STEP);
    if (this.#ended) throw new IsopoolError("Cannot send shared object: the worker has ended");
    const key = identityOf(handle);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      const served = openServed(handle, this.#ownersFor);
      if (served === undefined) throw new UnreachableError(handle);
      entry = { id: ++this.#lastId, key, served, count: 0 };
      this.#byId.set(entry.id, entry);
      if (key !== undefined) this.#byKey.set(key, entry);
    }
    entry.count++;
    return { ...entry.served.refer(handle), kind: REMOTE, version: VERSION, id: entry.id, count: entry.count };
  };

  /**
   * Returns a copy of a value, made at submit, in which references stand for the handles of shared objects.
   *
   * @param isPinned Whether the worker keeps the value, and revives it any number of times.
   */
  exportCopy<T>(value: T, handles: boolean, isPinned = false): T {
    if (!handles) return value;
    const replace = (part: unknown) => {
      if (typeof part !== "object" || part === null) return part;
      if (isWrapped(part) && part[KEY].kind !== "error") {
        const handle = this.exporter(part[KEY]);
        return { [KEY]: isPinned ? { ...handle, isPinned } : handle };
      }
      return isContainer(part) ? DESCEND : part;
    };
    return copyTree(value, replace, (object, key) => (object as Record<string, unknown>)[key]) as T;
  }

  /**
   * Makes the shared objects in a value that the worker has sent.
   *
   * @throws {IsopoolError} If it refers to something that the worker was not given.
   */
  revive(value: unknown, handles: boolean): unknown {
    return decode({ value, handles }, this.#reviverFor);
  }

  /** Acts on a message of the worker. */
  receive(message: RemoteMessage): void {
    switch (message.kind) {
      case "request":
        return void this.#run(message.id, message.isSync, (signal) => {
          const { object, method, value, handles } = message;
          const args = this.revive(value, handles === true) as unknown[];
          return this.#get(object).served.call(method, args, signal);
        });
      case "abort":
        return this.#pending.get(message.id)?.abort(OVER);
      case "release":
        return this.#release(message.object, message.count);
    }
  }

  /** The worker has ended: aborts its requests, and gives up what it held. */
  end(): void {
    this.#ended = true;
    for (const each of this.#pending.values()) each.abort(OVER);
    for (const { served } of this.#byId.values()) served.close();
    this.#byId.clear();
    this.#byKey.clear();
    for (const [table, guest] of this.#guests) table.died(guest.me);
  }

  readonly #ownersFor = (memory: SharedArrayBuffer): OwnerTable => {
    const table = OwnerTable.of(memory);
    let guest = this.#guests.get(table);
    if (guest === undefined) this.#guests.set(table, guest = table.guest());
    return guest;
  };

  readonly #reviverFor = (handle: Handle): Reviver | undefined => {
    if (handle.kind === "error") return reviverOf("error");
    if (handle.kind !== REMOTE) return undefined;
    return (ref, revive) => {
      const local = this.#get(ref.id).served.resolve(ref);
      return reviverOf(local.kind)!(local, revive);
    };
  };

  #get(id: unknown): Export {
    const entry = this.#byId.get(id as number);
    if (entry === undefined) throw new IsopoolError("Cannot use object of host: this worker was not given it");
    return entry;
  }

  async #run(id: number, isSync: boolean, run: (signal: AbortSignal) => unknown): Promise<void> {
    const aborting = new AbortController();
    try {
      if (this.#pending.size >= MAX_PENDING || this.#pending.has(id)) {
        throw new IsopoolError(
          `Cannot wait for queues of host: ${MAX_PENDING} calls of this worker wait already: await some`,
        );
      }
      let result = run(aborting.signal);
      if (result instanceof Promise) {
        if (id > 0) this.#pending.set(id, aborting);
        try {
          result = await result;
        } finally {
          this.#pending.delete(id);
        }
      }
      this.#answer(id, isSync, Status.OK, result);
    } catch (error) {
      if (aborting.signal.aborted) this.#answer(id, isSync, Status.ABORTED, undefined);
      else this.#answer(id, isSync, Status.ERROR, encodeThrown(error));
    }
  }

  #answer(id: number, isSync: boolean, status: number, value: unknown): void {
    if (id === 0 || this.#ended) return;
    const before = handleCopies.count;
    const send = (status: number, value: unknown) =>
      this.#send({
        kind: "answer",
        id,
        status,
        value,
        get handles() {
          return handleCopies.count !== before;
        },
      }, isSync);
    try {
      send(status, status === Status.OK ? cloneInputWithErrors(value) : value);
    } catch (cause) {
      const error = status === Status.OK && encodeThrown(transferError(value, "result", "result", cause));
      send(Status.ERROR, bare(error || value as Thrown));
    }
  }

  #release(id: number, count: number): void {
    const entry = this.#byId.get(id);
    // The object may have been sent once more meanwhile.
    if (entry === undefined || count < entry.count) return;
    this.#byId.delete(id);
    this.#byKey.delete(entry.key);
    entry.served.close();
  }
}

function isContainer(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null || value instanceof Map ||
    value instanceof Set;
}
