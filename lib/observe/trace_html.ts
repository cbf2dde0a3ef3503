/**
 * `traceHtml()`: makes one self-contained page of a trace, which needs neither Chrome's viewer nor Perfetto.
 *
 * ```
 * lines of the trace -> TracePage.add -> the page's data: one row a call, written as it comes -> the viewer (trace_viewer.ts)
 * ```
 *
 * @module
 */
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import { JSON } from "../core/platform.ts";
import { badOption, isA } from "../core/validate.ts";
import type { TraceEvent } from "./trace_file.ts";
import { PAGE_END, PAGE_START } from "./trace_viewer.ts";

/** Number of characters that are written together. */
const BLOCK = 64 * 1024;
const OUTCOMES = ["fulfilled", "rejected", "cancelled"];
/** The column "sent" of a row. */
const SENT = 11;

/** Collects what the page needs besides its calls, which are written as they come. */
class TracePage {
  readonly #lanes = new Map<number, string>();
  readonly #names = new Map<string, number>();
  readonly #flows = new Map<number, number>();
  readonly #marks: unknown[] = [];
  readonly #counters: unknown[] = [];
  #title = "";
  // The last call: the end of its flow is the next event, if it has one.
  #call: { lane: number; row: unknown[] } | undefined;

  /** Takes an event. Returns the row of a call that is complete. */
  add(event: TraceEvent): unknown[] | undefined {
    // s, f: start and end of a flow, from the submit to the call; M: metadata; C: counter; i: mark; X: slice.
    const { ph, tid, ts = 0, args = {} } = event;
    if (ph === "s") this.#flows.set(event.id!, ts);
    else if (ph === "M" && event.name === "thread_name") this.#lanes.set(tid, String(args.name));
    else if (ph === "M") this.#title = String(args.name);
    else if (ph === "C" && event.name === "calls") this.#counters.push([ts, args["in flight"], args.waiting]);
    else if (ph === "i") this.#marks.push([tid, ts, event.name, args.cause ?? null]);
    else if (ph === "f" && this.#call?.lane === tid) {
      this.#call.row[SENT] = this.#flows.get(event.id!) ?? null;
      // The flow of a batch leads to its first call only.
      this.#flows.delete(event.id!);
    } else if (ph === "X" && event.cat === "run") {
      const complete = this.end();
      this.#call = { lane: tid, row: this.#row(event) };
      return complete;
    }
    return undefined;
  }

  /** Returns the row of the last call. */
  end(): unknown[] | undefined {
    const row = this.#call?.row;
    this.#call = undefined;
    return row;
  }

  /** Everything but the calls. */
  get rest(): unknown {
    return {
      title: this.#title,
      lanes: [...this.#lanes].filter(([id]) => id > 0),
      names: [...this.#names.keys()],
      marks: this.#marks,
      counters: this.#counters,
    };
  }

  // The columns are those of trace_viewer.ts.
  #row({ tid, ts, dur, name, args = {} }: TraceEvent): unknown[] {
    const { index, attempt, item, error, wait, transfer } = args;
    const nameId = this.#names.get(name) ?? this.#names.size;
    this.#names.set(name, nameId);
    const outcome = OUTCOMES.indexOf(String(args.outcome));
    return [tid, ts, dur, nameId, outcome, index, attempt, item, error ?? null, wait ?? null, transfer ?? null, null];
  }
}

/**
 * Makes an HTML page of a trace that `Pool.trace` has written: a lane for each worker, zoom by wheel and keys, colours by
 * task or outcome. The page needs no network and no server. It takes about 100 bytes a call, and what was written before
 * a crash is enough.
 *
 * @param trace The trace file.
 * @param page The file to write.
 * @returns Number of calls in the page.
 * @throws {Deno.errors.NotFound} If there is no such trace.
 * @throws {SyntaxError} If a line of the trace is no event, other than a last line that is torn.
 * @throws {TypeError} If a path is neither text nor a URL.
 * @throws {RangeError} If both paths name one file: the trace is not changed.
 *
 * @example Look at a run
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 * import { traceHtml } from "@isopool/isopool/trace";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using pool = new Pool(2);
 *   await using _trace = await pool.trace(`${folder}/trace.json`);
 *   await pool.map(inline((n: number) => n * n), [1, 2, 3]);
 * }
 * assertEquals(await traceHtml(`${folder}/trace.json`, `${folder}/trace.html`), 3);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function traceHtml(trace: string | URL, page: string | URL): Promise<number> {
  calledBy(TRACE_HTML, () => {
    checkPath(TRACE_HTML.action, "trace", trace);
    checkPath(TRACE_HTML.action, "page", page);
  });
  using input = await Deno.open(trace);
  using output = await Deno.open(page, { write: true, create: true });
  await emptyUnlessTrace(input, output, page);
  const writer = output.writable.getWriter();
  const encoder = new TextEncoder();
  const data = new TracePage();
  let block = PAGE_START;
  let calls = 0;
  const put = (row: unknown[] | undefined) => {
    if (row) block += (calls++ === 0 ? "" : ",\n") + inScript(row);
  };
  for await (const event of readEvents(input.readable)) {
    put(data.add(event));
    if (block.length < BLOCK) continue;
    await writer.write(encoder.encode(block));
    block = "";
  }
  put(data.end());
  block += PAGE_END.replace("{{REST}}", () => inScript(data.rest));
  await writer.write(encoder.encode(block));
  await writer.close();
  return calls;
}

const TRACE_HTML: PublicFunction = { action: "make page of trace", method: traceHtml };

/** @throws {TypeError} If a path is neither text nor a URL. */
function checkPath(action: string, option: string, path: unknown): void {
  if ((typeof path === "string" && path !== "") || isA(path, URL)) return;
  throw badOption(action, option, path, "a path or a file: URL", false);
}

// Empties the file of the page, unless it is the trace, which would be lost. (`ino` is null on some systems.)
async function emptyUnlessTrace(input: Deno.FsFile, output: Deno.FsFile, page: string | URL): Promise<void> {
  const [trace, old] = [await input.stat(), await output.stat()];
  if (old.ino !== null && old.ino === trace.ino && old.dev === trace.dev) {
    throw badOption(TRACE_HTML.action, "page", page, "another file than the trace", true);
  }
  // A pipe or a device cannot be emptied.
  if (old.isFile) await output.truncate();
}

async function* readEvents(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<TraceEvent> {
  let rest = "";
  let torn: unknown;
  const parse = (line: string): TraceEvent[] => {
    const text = line.trim().replace(/^\[/, "").replace(/[,\]]$/, "").trim();
    if (text === "" || text === "]") return [];
    if (torn !== undefined) throw torn;
    try {
      return [JSON.parse(text) as TraceEvent];
    } catch (error) {
      torn = error; // Only the last line may be torn.
      return [];
    }
  };
  for await (const part of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield* parse(line);
  }
  yield* parse(rest);
}

// A `<` could end the script element.
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
