/**
 * The worker's side: objects of the host that this worker process was given, and the requests to them.
 *
 * ```
 * queue.put(1)      -> request -> the host puts, in the name of this process -> answer -> the promise settles
 * queue.tryPut(1)   -> request -> ...                                        -> answer -> this thread, which has blocked
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { IsopoolError } from "../core/errors.ts";
import { Promise, WeakRef } from "../core/platform.ts";
import { cloneInputWithErrors } from "../protocol/error_handle.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { type AnswerMessage, type RemoteMessage, Status } from "../protocol/remote_messages.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { reviveValue } from "../protocol/received_value.ts";
import { type Handle, handleCopies, REMOTE, VERSION } from "../shared/handle.ts";

/** The worker's connection to its host. */
export interface HostConnection {
  post(message: RemoteMessage): void;
  /**
   * Blocks this thread until the next answer to a request that was marked as `isSync`. `undefined` where the channel does
   * not allow that.
   */
  readonly readAnswer: (() => AnswerMessage) | undefined;
}

interface PendingRequest {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly signal: AbortSignal | undefined;
  /** Keeps the object from being collected, and so released. */
  readonly object: HostObject;
}

/** What this process has received of an object. The finalization registry gets it when the object is collected. */
interface Seen {
  readonly id: number;
  /**
   * How often the host had sent the object, at its last arrival. A release with this number does not free an object that the
   * host has sent again meanwhile.
   */
  count: number;
}

let connection: HostConnection | undefined;
let lastRequest = 0;
const pending = new Map<number, PendingRequest>();
const objects = new Map<number, WeakRef<HostObject>>();
// Objects inside of shared values, which can arrive any number of times.
const pinned = new Set<HostObject>();
const collected = new FinalizationRegistry<Seen>(({ id, count }) => {
  if (objects.get(id)?.deref() === undefined) objects.delete(id);
  connection!.post({ kind: "release", object: id, count });
});

/** Connects this process to its host. */
export function connectHost(to: HostConnection): void {
  connection = to;
}

/** Settles the request that an answer is for. */
export function receiveAnswer(answer: AnswerMessage): void {
  const request = pending.get(answer.id);
  if (request === undefined) return;
  pending.delete(answer.id);
  try {
    request.resolve(valueOf(answer, request.signal));
  } catch (error) {
    request.reject(error);
  }
}

/** One object of the host. */
export class HostObject {
  readonly id: number;
  readonly #seen: Seen;

  private constructor(id: number) {
    this.id = id;
    this.#seen = { id, count: 0 };
    collected.register(this, this.#seen);
  }

  /** Returns the object that has arrived. */
  static of(handle: Handle): HostObject {
    const id = handle.id as number;
    let object = objects.get(id)?.deref();
    if (object === undefined) objects.set(id, new WeakRef(object = new HostObject(id)));
    object.#seen.count = Math.max(object.#seen.count, handle.count as number);
    if (handle.isPinned) pinned.add(object);
    return object;
  }

  /** Returns the handle that stands for the object in a message to the host. */
  handle(fields: Record<string, unknown>): Handle {
    return { ...fields, kind: REMOTE, version: VERSION, id: this.id, count: this.#seen.count };
  }

  /**
   * Calls a method in the host. Rejects with its error, or the reason of `signal`.
   *
   * @param given The argument of the caller's, and its name: for the error if it cannot be copied.
   * @throws {TransferError} If an argument cannot be copied.
   */
  request(method: string, args: readonly unknown[], signal?: AbortSignal, given?: Given): Promise<unknown> {
    const id = ++lastRequest;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#post(id, method, args, false, given);
    pending.set(id, { resolve, reject, signal, object: this });
    const removeListener = onAbort(signal, () => connection!.post({ kind: "abort", id }));
    return signal ? promise.finally(removeListener) : promise;
  }

  /** Calls a method in the host, and blocks this thread until its answer comes. */
  requestSync(method: string, args: readonly unknown[] = [], given?: Given): unknown {
    const readAnswer = connection?.readAnswer;
    if (readAnswer === undefined) {
      throw new IsopoolError(
        `Cannot block for ${method}: this worker was started through another program (\`command\`): use the call that ` +
          "returns a promise",
      );
    }
    this.#post(++lastRequest, method, args, true, given);
    return valueOf(readAnswer());
  }

  /** Calls a method in the host that returns nothing. */
  notify(method: string, args: readonly unknown[] = [], given?: Given): void {
    this.#post(0, method, args, false, given);
  }

  #post(id: number, method: string, args: readonly unknown[], isSync: boolean, given?: Given): void {
    if (connection === undefined) throw new IsopoolError(`Cannot call ${method} of object of host: there is no host`);
    const before = handleCopies.count;
    try {
      connection.post({
        kind: "request",
        id,
        object: this.id,
        method,
        isSync,
        value: cloneInputWithErrors(args) as unknown[],
        get handles() {
          return handleCopies.count !== before;
        },
      });
    } catch (cause) {
      throw given === undefined ? cause : transferError(given.value, given.name, "argument", cause);
    }
  }
}

/** An argument of the caller's, and its name in an error. */
export interface Given {
  readonly value: unknown;
  readonly name: string;
}

function valueOf({ status, value, handles }: AnswerMessage, signal?: AbortSignal): unknown {
  if (status === Status.ABORTED) throw signal?.reason;
  const revived = reviveValue(value, handles);
  if (status === Status.OK) return revived;
  throw decodeThrown(revived);
}
