/**
 * The flags of a command: a table from which the parser, the help and the completions are made.
 *
 * @module
 */
import { nearest } from "../core/nearest.ts";
import { JSON } from "../core/platform.ts";
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "./usage_error.ts";

/** One flag. */
export interface Flag {
  readonly name: string;
  /** Its one-letter form. */
  readonly short?: string;
  /** What its value is, for the help; without it, the flag has no value. */
  readonly value?: string;
  /** Whether the value may be left out: `--allow-net`. */
  readonly optional?: boolean;
  /** Whether it may be given several times. */
  readonly many?: boolean;
  /** The values that it takes, where they are few. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** A parsed command line. */
export class Arguments {
  readonly #found: Record<string, unknown>;

  constructor(
    found: Record<string, unknown>,
    /** The arguments that are no flags. */
    readonly operands: readonly string[],
    /** The arguments after `:::`; `undefined` without it. */
    readonly values: readonly string[] | undefined,
  ) {
    this.#found = found;
  }

  /** Whether a flag was given. */
  has(name: string): boolean {
    const value = this.#found[name];
    return value !== undefined && value !== false;
  }

  /** The value of a flag. */
  text(name: string): string | undefined {
    return this.#found[name] as string | undefined;
  }

  /** The values of a flag that may be given several times. */
  list(name: string): readonly string[] {
    return (this.#found[name] ?? []) as string[];
  }
}

const parse = parseArgs as (args: readonly string[], options: object) => Record<string, unknown> & { _: string[] };

/**
 * Parses the arguments of a command.
 *
 * @throws {UsageError} If a flag is unknown, lacks its value, or is given twice.
 */
export function parseFlags(command: string, flags: readonly Flag[], args: readonly string[]): Arguments {
  const at = args.indexOf(":::");
  const [given, values] = at < 0 ? [args, undefined] : [args.slice(0, at), args.slice(at + 1)];
  if (values?.includes(":::")) {
    throw new UsageError('":::" stands more than once: give the values of all arguments as one list, or as JSON Lines');
  }
  const withValue = flags.filter(({ value }) => value !== undefined);
  const found = parse(separated(given, withValue), {
    string: ["_", ...withValue.map(({ name }) => name)],
    boolean: flags.filter(({ value }) => value === undefined).map(({ name }) => name),
    alias: Object.fromEntries(flags.filter(({ short }) => short).map(({ name, short }) => [name, short])),
    // Every flag with a value, so that one that is given twice is noticed.
    collect: withValue.map(({ name }) => name),
    unknown(arg: string, key: string | undefined) {
      if (key === undefined) return;
      const near = nearest(key, flags.map(({ name }) => name));
      const see = near === undefined ? "see" : `did you mean --${near}? See`;
      throw new UsageError(`Unknown option ${arg.split("=")[0]}: ${see} isopool ${command} --help`);
    },
  });
  const result: Record<string, unknown> = {};
  for (const flag of flags) result[flag.name] = checked(flag, found[flag.name]);
  return new Arguments(result, found._, values);
}

function checked(flag: Flag, found: unknown): unknown {
  if (flag.value === undefined) return found;
  const given = found as string[];
  if (given.length === 0) return undefined;
  const { name, value, choices } = flag;
  for (const each of given) {
    if (each === "" && !flag.optional) throw new UsageError(`--${name} takes ${value}: it stands without a value`);
    if (choices && !choices.includes(each)) {
      throw new UsageError(`--${name} is ${JSON.stringify(each)}: it takes ${choices.join(" | ")}`);
    }
  }
  if (flag.many || flag.optional) return given;
  if (given.length > 1) throw new UsageError(`--${name} is given ${given.length} times: give it once`);
  return given[0];
}

// To the parser, `-j50%` would be four flags, and the argument after a bare `--allow-net` its value.
function separated(args: readonly string[], withValue: readonly Flag[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, i) => {
    if (end >= 0 && i >= end) return arg;
    const isCluster = /^-[a-z]./i.test(arg);
    const flag = withValue.find(({ name, short, optional }) =>
      isCluster ? short === arg[1] : optional && arg === `--${name}`
    );
    if (!flag) return arg;
    return `--${flag.name}=${isCluster ? arg.slice(2).replace(/^=/, "") : ""}`;
  });
}
