/**
 * The entry of a worker process.
 *
 * ```
 * process_watchdog.ts   a thread that ends the process when the host has ended, and watches its limits
 * this thread           process_channel.ts <-> serve.ts
 * ```
 *
 * @module
 */
import { ownModule } from "../lib/core/own_modules.ts";
import { structuredClone } from "../lib/core/platform.ts";
import { queueMicrotask, setImmediate } from "../lib/core/timer.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage, WorkerMessage } from "../lib/protocol/messages.ts";
import type { AnswerMessage } from "../lib/protocol/remote_messages.ts";
import type { MemoryFile } from "../lib/protocol/memory_file.ts";
import type { Connecting } from "../lib/protocol/connecting.ts";
import type { ProcessInit } from "../lib/protocol/worker_init.ts";
import { ProcessCallStates, ProcessInbox } from "./process_calls.ts";
import { Channel } from "./process_channel.ts";
import { connectToHost } from "./process_connection.ts";
import { NextCallPoll } from "./next_call_poll.ts";
import { answerReader } from "./process_descriptors.ts";
import { Prints } from "./process_prints.ts";
import { Watchdog } from "./process_watchdog.ts";
import { serve } from "./serve.ts";

// Taken at load: a task can replace them.
const exit = Deno.exit.bind(Deno);

// Not named literally here: the runtime would read all of its files at the start. The entry names it, if it must.
const SHARED_OBJECTS = ownModule("lib/remote/arrivals");

/** How a worker process is connected and watched, as its entry says. */
export interface Place {
  /** Whether another program has started this process (lib/transport/launch_prefix.ts). */
  readonly isLaunched: boolean;
  /** Whether something outside ends it with its host (lib/transport/process_watch.ts). */
  readonly isWatched: boolean;
  /** Where it connects to its host, if it does not use the descriptors that it inherits. */
  readonly connection?: Connecting;
}

/**
 * Starts serving at the first message, which has the worker's settings. The generated entry calls it
 * (lib/transport/entry.ts).
 *
 * @param load The `import()` of the entry.
 * @param place How this process is connected and watched.
 */
export async function boot(load: Importer, { isLaunched, isWatched, connection }: Place): Promise<void> {
  const connected = connection && await connectToHost(connection);
  const channel = new Channel(connected?.connection, isLaunched, connected?.file);
  const watchdog = new Watchdog(isLaunched, isWatched);
  let receive: ((message: HostMessage) => void) | undefined;
  const onMessage = (message: unknown) => {
    if (receive) receive(message as HostMessage);
    else receive = start(message as ProcessInit, load, watchdog, channel, connected?.file);
  };
  if (isLaunched) watchdog.listen(onMessage);
  else {
    if (connected) onMessage(connected.init);
    await channel.listen(onMessage, () => exit(0));
  }
}

function start(
  init: ProcessInit,
  load: Importer,
  watchdog: Watchdog,
  channel: Channel,
  file: MemoryFile | undefined,
): (message: HostMessage) => void {
  const { isLaunched } = watchdog;
  setEnvironment(init.env, isLaunched);
  watchdog.mark = init.mark;
  const prints = new Prints(init.mark, isLaunched, () => channel.postWithNext({ kind: "printed" }));
  const send = (message: WorkerMessage, moved?: Transferable[]) => {
    prints.mark();
    channel.post(message);
    // Moved values are not here any more.
    if (moved && moved.length > 0) structuredClone(undefined, { transfer: moved });
  };
  const { memoryLimit } = init;
  if (memoryLimit !== undefined) {
    watchdog.limitMemory(memoryLimit);
    void import("./watch_memory.ts").then(({ watchMemory }) =>
      watchMemory(memoryLimit, (error) => send({ kind: "failed", phase: "memory", thrown: encodeThrown(error) }))
    );
  }
  const end = (code: number) => channel.whenSent(() => exit(code));
  reportEnd(send, end);
  let receiveAnswer: ((answer: AnswerMessage) => void) | undefined;
  let sharedTypes: Promise<void> | undefined;
  const loadSharedTypes = async () => {
    const objects = await load(SHARED_OBJECTS) as typeof import("../lib/remote/arrivals.ts");
    const canBlock = !isLaunched && channel.hasDescriptors;
    objects.connectHost({
      post: (message) => channel.post(message),
      readAnswer: canBlock ? answerReader(() => exit(0)) : undefined,
    });
    receiveAnswer = objects.receiveAnswer;
  };
  const calls = new ProcessCallStates(watchdog, channel);
  const poll = file && new NextCallPoll(file, () => channel.readSlot());
  channel.onAnswer = (seq) => poll?.announce(seq + 1);
  const receive = serve({
    init,
    calls,
    openInbox: () => new ProcessInbox(poll),
    post: send,
    postWithNext: (message) => {
      prints.mark();
      channel.postWithNext(message);
    },
    sent: () => channel.sent,
    waits: (seq) => channel.post({ kind: "waits", seq }),
    setImmediate: (run) => setImmediate(run),
    // A turn of the event loop takes longer than a small call, and nothing here needs one.
    soon: queueMicrotask,
    load,
    watchCpu: () => watchdog.watchCpu(),
    // A kill is certain: nothing has to be prepared for it.
    prepare: () => Promise.resolve(),
    loadSharedTypes: () => sharedTypes ??= loadSharedTypes(),
    loadErrors: () => import("../lib/protocol/error_decoder.ts"),
    loadTracer: () => import("./call_tracer.ts"),
    leave: () => end(0),
  });
  return (message) => {
    if (message.kind === "slot") channel.readSlot();
    else if (message.kind === "answer") receiveAnswer!(message);
    else if (message.kind === "run") {
      const tail = message.first + message.items.length;
      poll?.callsCame(tail);
      calls.cpuTime = message.cpuTime;
      // One from the slot starts at once.
      const isAtOnce = channel.isReadingSlot && channel.sayStarted(tail);
      calls.hasStartMessage = !isAtOnce && (message.timeout !== undefined || message.hasLimit);
      receive(message);
    } else receive(message);
  };
}

// Variables of the runtime's own: where it finds its modules, and what its `spawn` and a shell add.
const RUNTIME_VARIABLES = [
  "DENO_DIR",
  "JSR_URL",
  "NPM_CONFIG_REGISTRY",
  "DENO_TLS_CA_STORE",
  "DENO_WEBGPU_BACKEND",
  "NO_COLOR",
  "PATH",
  "HOME",
  "DENO_NODE_SHIM_ACTIVE",
  "PWD",
  "OLDPWD",
  "SHLVL",
  "_",
];

// The runtime has found its modules by now, and a task must not see what the pool has not given it. A variable that this
// process may not change is one that a task may not read.
function setEnvironment(env: Record<string, string>, isLaunched: boolean): void {
  // What the pool gives does not go through every program by itself.
  const mayChange = (variable?: string) => Deno.permissions.querySync({ name: "env", variable }).state === "granted";
  const mayChangeAll = mayChange();
  for (const name of isLaunched ? [...RUNTIME_VARIABLES, ...Object.keys(env)] : RUNTIME_VARIABLES) {
    if (!mayChangeAll && !mayChange(name)) continue;
    if (Object.hasOwn(env, name)) Deno.env.set(name, env[name]);
    else Deno.env.delete(name);
  }
}

function reportEnd(send: (message: WorkerMessage) => void, end: (code: number) => void): void {
  const endWith = (event: Event, error: unknown) => {
    event.preventDefault();
    send({ kind: "exiting", thrown: encodeThrown(error) });
    end(1);
  };
  addEventListener("error", (event) => endWith(event, event.error));
  addEventListener("unhandledrejection", (event) => endWith(event, event.reason));
}
