/**
 * Turns samples into tables: medians with their spread, and ratios taken round by round.
 *
 * @module
 */
import type { Bench, Effort, Goal, Outcome, Report } from "./bench.ts";
import { median, quantile } from "./statistics.ts";

/** A median, with the smallest and the largest of its values. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The summary of one contestant's samples. */
export interface Summary {
  contestant: string;
  unavailable?: string;
  /** The figure of each round. */
  rounds?: number[];
  figure?: Spread;
  /** The 99th percentile of the single measurements of all rounds, where a round has few of them. */
  p99?: number;
  /** isopool's figure over this contestant's, in the same round. */
  ratio?: Spread;
  /** Processor time of one unit, in microseconds. */
  cpu?: number;
  /** Resident memory in MiB. */
  rss?: number;
  notes?: Record<string, number>;
}

/** A benchmark as it goes into the JSON file. */
export interface Result {
  bench: string;
  what: string;
  unit: string;
  better: "less" | "more";
  goal?: string;
  met?: boolean;
  contestants: Summary[];
}

/** Sums up one benchmark. Without a warm-up, its goal is shown and not judged. */
export function summarize({ bench, outcomes }: Report, { warmUp }: Effort): Result {
  const own = outcomes[0];
  const contestants = outcomes.map((outcome) => summarizeOne(outcome, own));
  const goal = bench.goal && {
    goal: describeGoal(bench.goal, bench),
    ...warmUp && { met: isMet(bench.goal, bench, contestants) },
  };
  const { name, what, unit, better = "less" } = bench;
  return { bench: name, what, unit, better, ...goal, contestants };
}

function summarizeOne({ contestant, samples, unavailable }: Outcome, own: Outcome): Summary {
  const summary: Summary = { contestant: contestant.name };
  if (samples.length === 0) return { ...summary, unavailable: unavailable ?? "no round was run" };
  summary.rounds = samples.map((sample) => sample.value);
  summary.figure = spread(summary.rounds);
  const each = samples.flatMap((sample) => sample.each ?? []);
  if (each.length > 0) summary.p99 = quantile(each, 0.99);
  if (own.samples.length === samples.length) {
    summary.ratio = spread(samples.map((sample, round) => own.samples[round].value / sample.value));
  }
  const cpu = samples.flatMap((sample) => sample.cpu ?? []);
  if (cpu.length > 0) summary.cpu = median(cpu) * 1_000;
  const rss = samples.flatMap((sample) => sample.rss ?? []);
  if (rss.length > 0) summary.rss = median(rss);
  const notes = Object.keys(samples[0].notes ?? {});
  if (notes.length > 0) {
    summary.notes = Object.fromEntries(
      notes.map((note) => [note, median(samples.map((sample) => sample.notes![note]))]),
    );
  }
  return summary;
}

function describeGoal({ limit, against, of }: Goal, { better, unit }: Bench): string {
  return `${of === "p99" ? "p99 " : ""}${better === "more" ? ">=" : "<="} ${limit} ${
    against ? `x ${against.join("; ")}` : unit
  }`;
}

/** Gives `undefined` if none of the contestants that the goal names took part. */
function isMet({ limit, against, of }: Goal, { better }: Bench, all: Summary[]): boolean | undefined {
  const figures = against
    ? all.flatMap(({ contestant, ratio }) => against.includes(contestant) ? ratio?.median ?? [] : [])
    : [of === "p99" ? all[0].p99 : all[0].figure?.median].filter((figure) => figure !== undefined);
  if (figures.length === 0) return undefined;
  return figures.every((figure) => better === "more" ? figure >= limit : figure <= limit);
}

/** Gives the median, the smallest and the largest of some values. */
export function spread(values: number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Formats one benchmark as a text table. */
export function table({ bench, what, unit, goal, met, contestants }: Result): string {
  const verdict = met === undefined ? "not judged" : met ? "met" : "MISSED";
  const rows = [["", unit, "min .. max", "p99", "isopool / it", "min .. max", "cpu us", "rss MiB"]];
  const absent: string[] = [];
  for (const { contestant, unavailable, figure, p99, ratio, cpu, rss } of contestants) {
    if (!figure) absent.push(`  ${contestant}: not available: ${unavailable}`);
    else {rows.push([
        contestant,
        digits(figure.median),
        range(figure),
        digits(p99),
        digits(ratio?.median),
        range(ratio),
        digits(cpu),
        digits(rss),
      ]);}
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    "  " + row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
  );
  const notes = contestants.flatMap(({ contestant, notes = {} }) =>
    Object.entries(notes).map(([note, value]) => `  ${contestant}: ${note}: ${digits(value)}`)
  );
  const title = `${bench}: ${what}${goal === undefined ? "" : `   [goal ${goal}: ${verdict}]`}`;
  return [title, ...lines, ...notes, ...absent].join("\n");
}

function range(spread: Spread | undefined): string {
  return spread ? `${digits(spread.min)} .. ${digits(spread.max)}` : "";
}

function digits(value: number | undefined): string {
  if (value === undefined) return "";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
