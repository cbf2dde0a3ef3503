/**
 * `isopool run`: runs an export of a module once, on a worker.
 *
 * @module
 */
import { type BackendName, Pool, type StreamTask } from "../../mod.ts";
import { failureText } from "./failures.ts";
import type { Arguments, Flag } from "./flags.ts";
import { formatter, type OutputFormat } from "./formats.ts";
import { parse } from "./items.ts";
import { parseModuleExport, taskOf } from "./module.ts";
import { UsageError } from "./usage_error.ts";
import { poolOptions, WORKER_FLAGS } from "./workers_flags.ts";
import { tell, Writer } from "./writer.ts";

/** The flags. */
export const RUN_FLAGS: readonly Flag[] = [
  { name: "json", help: "the arguments are JSON, not text" },
  { name: "stream", help: "EXPORT is a generator: writes each item when it comes" },
  {
    name: "to",
    value: "FORMAT",
    choices: ["jsonl", "csv", "raw"],
    help: "what the output is: jsonl (the default), csv, raw text or bytes",
  },
  ...WORKER_FLAGS.filter(({ name }) => name !== "jobs" && name !== "rate"),
];

/** Runs the command. Returns its exit code: 1 if the function fails. */
export async function runOnce(args: Arguments): Promise<number> {
  const [, , ...texts] = args.operands;
  const task = taskOf(parseModuleExport("run", args.operands));
  const given = [...texts, ...args.values ?? []];
  const values = args.has("json") ? given.map((text, i) => parse(text, `Argument ${i + 1}`)) : given;
  const writer = new Writer(Deno.stdout);
  const format = formatter((args.text("to") ?? "jsonl") as OutputFormat);
  const options = poolOptions(args);
  if (typeof options.timeout === "string") {
    throw new UsageError(
      `--timeout ${args.text("timeout")} needs the run times of other calls: give a time, such as 5s`,
    );
  }
  await using pool = new Pool<BackendName>({ ...options, workers: 1 });
  try {
    if (args.has("stream")) {
      const stream = task as unknown as StreamTask<unknown[], unknown>;
      for await (const item of pool.stream(stream, ...values)) await writer.add(format(item));
    } else writer.add(format(await pool.apply(task, values as [unknown])));
    await writer.flush();
    return 0;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    tell(`isopool: ${failureText(error)}`);
    return 1;
  }
}
