/**
 * The plan of `isopool map`: its flags, checked.
 *
 * @module
 */
import type { ImapOptions, PoolOptions } from "../../mod.ts";
import type { Arguments } from "./flags.ts";
import type { OutputFormat } from "./formats.ts";
import { gateOf } from "./gates.ts";
import { Halt } from "./halt.ts";
import type { InputFormat, ItemSource } from "./items.ts";
import { type ModuleExport, parseModuleExport } from "./module.ts";
import { bad, integer, size } from "./quantities.ts";
import { UsageError } from "./usage_error.ts";
import { poolOptions } from "./workers_flags.ts";

/** The plan. */
export interface MapPlan {
  task: ModuleExport;
  /** `isopool map MODULE EXPORT`, as output for people shows it. */
  command: string;
  source: ItemSource;
  pool: PoolOptions;
  map: ImapOptions;
  to: OutputFormat;
  keepOrder: boolean;
  tag: boolean;
  results: string | undefined;
  joblog: string | undefined;
  /** Which items of an earlier run are left out. */
  resume: "done" | "succeeded" | undefined;
  halt: Halt;
  gate: (() => Promise<void>) | undefined;
  trace: string | undefined;
  /** Port of the live page, if there is one; 0 is a free one. */
  dashboardPort: number | undefined;
  dryRun: boolean;
}

/** Number of items that may be between the input and the output. */
const BUFFER = 4_096;
/** Number of blocks that may be, for each worker. */
const BLOCK_BUFFER = 4;

/** @throws {UsageError} If the command line is not valid. */
export function planMap(args: Arguments): MapPlan {
  const [module, name, ...files] = args.operands;
  const source = itemSource(args, files);
  const pool = poolOptions(args);
  const chunk = args.text("chunk");
  return {
    task: parseModuleExport("map", args.operands),
    command: `isopool map ${module} ${name}`,
    source,
    pool,
    map: {
      buffer: source.format === "blocks" ? BLOCK_BUFFER * (pool.workers ?? navigator.hardwareConcurrency) : BUFFER,
      ...chunk !== undefined && { chunkSize: integer("chunk", chunk, 1) },
      ...(args.has("bar") || args.has("progress")) && { progress: true, total: source.values?.length },
    },
    to: (args.text("to") ?? "jsonl") as OutputFormat,
    keepOrder: args.has("keep-order"),
    tag: args.has("tag"),
    results: args.text("results"),
    joblog: args.text("joblog"),
    resume: resumeOf(args),
    halt: new Halt(args.text("halt") ?? "never"),
    gate: gateOf(args),
    trace: args.text("trace"),
    dashboardPort: dashboardPort(args),
    dryRun: args.has("dry-run"),
  };
}

/** Where the items come from. */
export function itemSource(args: Arguments, files: readonly string[]): ItemSource {
  const { values } = args;
  const globs = args.list("files");
  const given = [values && "values after :::", globs.length > 0 && "--files", files.length > 0 && "files"]
    .filter((each) => !!each);
  if (given.length > 1) throw new UsageError(`Items come from ${given.join(" and ")}: give one of them`);
  const block = args.text("block");
  const pipes = args.has("pipe");
  const from = args.text("from");
  const formats = [from && `--from ${from}`, args.has("null") && "--null", pipes && "--pipe"].filter((each) => !!each);
  if (formats.length > 1) throw new UsageError(`${formats.join(" and ")} contradict each other: give one of them`);
  if (block !== undefined && !pipes) throw new UsageError("--block needs --pipe: it is the length of its blocks");
  return {
    values,
    globs,
    files: files.length > 0 ? files : ["-"],
    format: pipes ? "blocks" : args.has("null") ? "null" : (from ?? "lines") as InputFormat,
    block: size("block", block ?? "1M") || 1,
  };
}

function dashboardPort(args: Arguments): number | undefined {
  if (!args.has("dashboard")) return undefined;
  const given = args.list("dashboard");
  if (given.length > 1) throw new UsageError(`--dashboard is given ${given.length} times: give it once`);
  const port = integer("dashboard", given[0] || "0", 0);
  if (port > 65_535) throw bad("dashboard", given[0], "a port from 0 to 65535");
  return port;
}

function resumeOf(args: Arguments): MapPlan["resume"] {
  const [all, failed] = [args.has("resume"), args.has("resume-failed")];
  if (all && failed) throw new UsageError("--resume and --resume-failed contradict each other: give one of them");
  if ((all || failed) && !args.has("joblog")) {
    throw new UsageError("--resume needs --joblog FILE: what is done is there");
  }
  return failed ? "succeeded" : all ? "done" : undefined;
}
