/**
 * Draws the plot: a panel for each benchmark, a row for each contestant. The dot is the contestant's cost as a multiple of
 * this module's, on a logarithmic axis; the whisker goes from its best to its worst round.
 *
 * ```
 * in_flight_1k: 1,000 trivial tasks in flight
 *   bare thread       5.1 us |        o-+      |                 left of the line: cheaper than this module
 *   isopool           7.8 us |                 o
 *   piscina          46.0 us |                 |          +-o-+
 *                          x 0.01     0.1      1      10
 * ```
 *
 * @module
 */
import type { Result, Summary } from "./report.ts";

const WIDTH = 900;
const HEADER = 26;
const NAMES = 250;
const RIGHT = 20;
const ROW = 18;
const TITLE = 34;
const AXIS = 26;

/** The style sheet of all elements. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .small { font-size: 10px; fill: #57606a }
  .grid { stroke: #d0d7de }
  .one { stroke: #24292f }
  .whisker { stroke: #57606a; stroke-width: 1.5 }
  .isopool { fill: #0969da }
  .other { fill: #bc4c00 }`;

/** A dot and its whisker, as multiples of this module's cost. */
interface Row {
  name: string;
  figure: string;
  own: boolean;
  middle: number;
  low: number;
  high: number;
}

/** Draws all benchmarks in which this module took part, as one SVG document. */
export function svg(results: Result[]): string {
  let y = HEADER;
  const panels: string[] = [];
  for (const result of results) {
    const rows = result.contestants.flatMap((summary) => row(result, summary) ?? []);
    if (rows.length === 0) continue;
    const height = TITLE + rows.length * ROW + AXIS;
    panels.push(`<g transform="translate(0 ${y})">${panel(result, rows)}</g>`);
    y += height;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}">`,
    `<style>${STYLE}\n</style>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(
      8,
      18,
      "small",
      "Cost as a multiple of isopool's: left of 1 it is cheaper. Whiskers: the best and the worst round.",
    ),
    ...panels,
    "</svg>\n",
  ].join("\n");
}

/** Gives the contestant's cost. `ratio` is this module's figure over its own: the cost is 1 / ratio if less is better. */
function row({ unit, better }: Result, { contestant, figure, ratio }: Summary): Row | undefined {
  if (!figure || !ratio) return undefined;
  const cost = (value: number) => better === "more" ? value : 1 / value;
  const ends = [cost(ratio.min), cost(ratio.max)];
  return {
    name: contestant,
    figure: `${Number(figure.median.toPrecision(3))} ${unit.split(" ")[0]}`,
    own: contestant.split(/[,/]/)[0] === "isopool",
    middle: cost(ratio.median),
    low: Math.min(...ends),
    high: Math.max(...ends),
  };
}

function panel({ bench, what }: Result, rows: Row[]): string {
  const first = Math.min(-1, Math.floor(Math.log10(Math.min(...rows.map(({ low }) => low)))));
  const last = Math.max(1, Math.ceil(Math.log10(Math.max(...rows.map(({ high }) => high)))));
  const x = (multiple: number) =>
    (NAMES + (Math.log10(multiple) - first) / (last - first) * (WIDTH - NAMES - RIGHT)).toFixed(1);
  const bottom = TITLE + rows.length * ROW;
  const decades = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  return [
    text(8, 22, "title", `${bench}: ${what}`),
    ...decades.map((decade) => line(x(decade), TITLE, x(decade), bottom, decade === 1 ? "one" : "grid")),
    ...decades.map((decade) => text(x(decade), bottom + 12, "small", `x ${Number(decade.toPrecision(1))}`, "middle")),
    ...rows.flatMap(({ name, figure, own, middle, low, high }, i) => {
      const y = TITLE + (i + 0.5) * ROW;
      return [
        text(8, y + 4, "", name),
        text(NAMES - 10, y + 4, "small", figure, "end"),
        line(x(low), y, x(high), y, "whisker"),
        ...[low, high].map((end) => line(x(end), y - 3, x(end), y + 3, "whisker")),
        `<circle cx="${x(middle)}" cy="${y}" r="4" class="${own ? "isopool" : "other"}"/>`,
      ];
    }),
  ].join("\n");
}

function text(x: number | string, y: number, kind: string, content: string, anchor = "start"): string {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function line(x1: string, y1: number, x2: string, y2: number, kind: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${kind}"/>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
