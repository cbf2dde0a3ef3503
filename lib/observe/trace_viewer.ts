/**
 * The page of `traceHtml()` around its data: a viewer without dependencies, as text.
 *
 * The calls of a lane are drawn from the first visible one on (binary search), and calls narrower than a pixel are drawn
 * once for each pixel, so that a trace of a million calls stays quick.
 *
 * @module
 */

const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #222; --line: #e4e4e8; --lane: #f4f4f7; --panel: #fffffff2; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #16181d; --fg: #d8dae0; --line: #2b2e36; --lane: #1d2027; --panel: #1d2027f2; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 13px system-ui, sans-serif; background: var(--bg); color: var(--fg); }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); }
h1 { font-size: 15px; margin: 0; }
button, select { font: inherit; }
#legend { display: flex; flex-wrap: wrap; gap: 4px 12px; padding: 6px 12px; }
#legend span::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 2px; background: var(--color); }
canvas { display: block; width: 100%; cursor: grab; touch-action: none; }
canvas:focus-visible { outline: 2px solid #4a86e8; outline-offset: -2px; }
#tip { position: fixed; display: none; max-width: 420px; padding: 6px 9px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; pointer-events: none; white-space: pre-wrap; overflow-wrap: anywhere; }
#help { opacity: .7; }
`;

const SCRIPT = `
const OUTCOMES = ["fulfilled", "rejected", "cancelled"];
const OUTCOME_COLORS = ["#4c9f70", "#d64545", "#9a9aa5"];
const LABEL = 150, LANE = 26, GRAPH = 54, AXIS = 22;
const [canvas, tip, legend] = ["view", "tip", "legend"].map((id) => document.getElementById(id));
const graphics = canvas.getContext("2d");
const lanes = rest.lanes.map(([id, name]) => ({ id, name, calls: [], busy: 0 }));
const laneOf = new Map(lanes.map((lane) => [lane.id, lane]));
let end = 1;
for (const [id, start, dur, name, outcome, index, attempt, item, error, wait, transfer, sent] of rows) {
  const lane = laneOf.get(id);
  if (!lane) continue;
  lane.calls.push({ start, end: start + dur, name, outcome, index, attempt, item, error, wait, transfer, sent });
  lane.busy += dur;
  end = Math.max(end, start + dur);
}
for (const lane of lanes) lane.calls.sort((a, b) => a.start - b.start);
for (const [time] of rest.counters) end = Math.max(end, time);
const view = { from: 0, to: end, colorBy: "task", hovered: undefined };
const taskColor = (name) => "hsl(" + (name * 137.5 + 205) % 360 + " 55% 55%)";
const colorOf = (call) => view.colorBy === "outcome" ? OUTCOME_COLORS[call.outcome] : taskColor(call.name);
const x = (time) => LABEL + (time - view.from) / (view.to - view.from) * (canvas.clientWidth - LABEL);
const timeAt = (px) => view.from + (px - LABEL) / (canvas.clientWidth - LABEL) * (view.to - view.from);
const laneTop = (at) => AXIS + GRAPH + at * LANE;
const format = (us) => us >= 1e6 ? (us / 1e6).toFixed(3) + " s" : us >= 1e3 ? (us / 1e3).toFixed(2) + " ms" : us.toFixed(1) + " us";
function firstVisible(calls) {
  let low = 0, high = calls.length;
  while (low < high) { const at = (low + high) >> 1; if (calls[at].end < view.from) low = at + 1; else high = at; }
  return low;
}
function draw() {
  const css = getComputedStyle(document.documentElement);
  const [fg, line, laneColor] = ["--fg", "--line", "--lane"].map((name) => css.getPropertyValue(name));
  const width = canvas.clientWidth, height = laneTop(lanes.length) + 8, ratio = devicePixelRatio || 1;
  canvas.style.height = height + "px";
  canvas.width = width * ratio; canvas.height = height * ratio;
  graphics.setTransform(ratio, 0, 0, ratio, 0, 0);
  graphics.font = "12px system-ui, sans-serif"; graphics.textBaseline = "middle";
  const step = 10 ** Math.floor(Math.log10((view.to - view.from) / 4)), from = Math.ceil(view.from / step) * step;
  const every = (view.to - view.from) / step > 12 ? step * 5 : step;
  for (let time = Math.ceil(from / every) * every; time <= view.to; time += every) {
    graphics.fillStyle = line; graphics.fillRect(x(time), AXIS, 1, height);
    graphics.fillStyle = fg; graphics.fillText(format(time), x(time) + 3, AXIS / 2);
  }
  drawGraph(fg);
  lanes.forEach((lane, at) => {
    const top = laneTop(at);
    graphics.fillStyle = laneColor; graphics.fillRect(LABEL, top + 2, width - LABEL, LANE - 4);
    let filled = -1;
    for (let i = firstVisible(lane.calls); i < lane.calls.length && lane.calls[i].start <= view.to; i++) {
      const call = lane.calls[i], left = Math.max(LABEL, x(call.start)), right = Math.min(width, x(call.end));
      if (right - left < 1 && Math.floor(left) === filled && call.outcome === 0) continue;
      filled = Math.floor(left);
      graphics.fillStyle = colorOf(call); graphics.fillRect(left, top + 3, Math.max(1, right - left - (right - left > 3 ? 1 : 0)), LANE - 6);
      if (call.outcome > 0) { graphics.fillStyle = OUTCOME_COLORS[call.outcome]; graphics.fillRect(left, top + LANE - 7, Math.max(2, right - left - 1), 4); }
      if (right - left > 50) {
        graphics.save(); graphics.beginPath(); graphics.rect(left, top, right - left - 4, LANE); graphics.clip();
        graphics.fillStyle = "#fff"; graphics.fillText(rest.names[call.name] + " " + (call.item ?? ""), left + 5, top + LANE / 2); graphics.restore();
      }
    }
    graphics.fillStyle = fg;
    graphics.fillText(lane.name + "  " + Math.round(100 * lane.busy / end) + " %", 10, top + LANE / 2, LABEL - 16);
  });
  for (const [id, time, name] of rest.marks) {
    const at = lanes.findIndex((lane) => lane.id === id), left = x(time);
    if (at < 0 || left < LABEL || left > width) continue;
    graphics.fillStyle = name === "started" ? "#4c9f70" : name === "killed" ? "#d64545" : "#9a9aa5";
    graphics.beginPath(); graphics.moveTo(left, laneTop(at) + 10); graphics.lineTo(left - 5, laneTop(at)); graphics.lineTo(left + 5, laneTop(at)); graphics.fill();
  }
  if (view.hovered) drawFlow(view.hovered, fg);
}
function drawGraph(fg) {
  const top = Math.max(1, ...rest.counters.map(([, inFlight, waiting]) => Math.max(inFlight, waiting)));
  const base = AXIS + GRAPH - 6;
  [[1, "#4a86e8", "in flight"], [2, "#e8a33d", "waiting"]].forEach(([column, color, name], at) => {
    graphics.strokeStyle = graphics.fillStyle = color;
    graphics.fillText(name, 10, AXIS + 12 + at * 18); graphics.beginPath();
    let last = base;
    for (const row of rest.counters) {
      const left = x(row[0]), y = base - row[column] / top * (GRAPH - 14);
      if (left >= LABEL) { graphics.lineTo(left, last); graphics.lineTo(left, y); }
      last = y;
    }
    graphics.stroke();
  });
  graphics.fillStyle = fg; graphics.fillText(String(top), LABEL - 30, AXIS + 12);
}
function drawFlow({ call, lane }, fg) {
  if (call.sent === null) return;
  const top = laneTop(lanes.indexOf(lane)) + LANE / 2;
  graphics.strokeStyle = fg; graphics.setLineDash([4, 3]); graphics.beginPath();
  graphics.moveTo(x(call.sent), AXIS + GRAPH - 6); graphics.lineTo(x(call.start), top); graphics.stroke(); graphics.setLineDash([]);
}
function callAt(px, py) {
  const lane = lanes[Math.floor((py - AXIS - GRAPH) / LANE)];
  if (!lane || px < LABEL) return undefined;
  const slack = (view.to - view.from) / canvas.clientWidth, time = timeAt(px);
  const call = lane.calls.find((each) => each.start - slack <= time && time <= each.end + slack);
  return call && { lane, call };
}
function describe({ call, lane }) {
  const parts = [rest.names[call.name] + "(" + (call.item ?? "") + ")", OUTCOMES[call.outcome] + " after " + format(call.end - call.start) + " on " + lane.name];
  if (call.error) parts.push(call.error);
  if (call.wait !== null) parts.push("waited " + format(call.wait * 1e3));
  if (call.transfer !== null) parts.push("on the way " + format(call.transfer * 1e3));
  parts.push("item " + call.index + (call.attempt > 1 ? ", attempt " + call.attempt : ""));
  return parts.join("\\n");
}
function zoom(factor, center) {
  const span = Math.min(end * 1.02, Math.max(1, (view.to - view.from) * factor)), share = (center - view.from) / (view.to - view.from);
  move(center - share * span, span);
}
function move(from, span = view.to - view.from) {
  view.from = Math.max(-end * .01, Math.min(from, end * 1.01 - span)); view.to = view.from + span; draw();
}
function showLegend() {
  legend.replaceChildren(...(view.colorBy === "outcome" ? OUTCOMES : rest.names).map((name, at) => {
    const entry = document.createElement("span");
    entry.textContent = name; entry.style.setProperty("--color", view.colorBy === "outcome" ? OUTCOME_COLORS[at] : taskColor(at));
    return entry;
  }));
}
canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : .8, timeAt(event.offsetX)); }, { passive: false });
let dragged;
canvas.addEventListener("pointerdown", (event) => { dragged = { px: event.offsetX, from: view.from }; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener("pointerup", () => dragged = undefined);
canvas.addEventListener("pointermove", (event) => {
  if (dragged) return move(dragged.from + (dragged.px - event.offsetX) / (canvas.clientWidth - LABEL) * (view.to - view.from));
  view.hovered = callAt(event.offsetX, event.offsetY);
  tip.style.display = view.hovered ? "block" : "none";
  if (view.hovered) { tip.textContent = describe(view.hovered); tip.style.left = Math.min(event.clientX + 14, innerWidth - 430) + "px"; tip.style.top = event.clientY + 14 + "px"; }
  draw();
});
canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; view.hovered = undefined; draw(); });
canvas.addEventListener("dblclick", () => move(0, end));
canvas.addEventListener("keydown", ({ key }) => {
  const span = view.to - view.from;
  if (key === "+" || key === "w") zoom(.7, view.from + span / 2);
  else if (key === "-" || key === "s") zoom(1.4, view.from + span / 2);
  else if (key === "ArrowRight" || key === "d") move(view.from + span / 5);
  else if (key === "ArrowLeft" || key === "a") move(view.from - span / 5);
  else if (key === "0") move(0, end);
});
document.getElementById("color").addEventListener("change", (event) => { view.colorBy = event.target.value; showLegend(); draw(); });
document.getElementById("all").addEventListener("click", () => move(0, end));
const counts = [0, 0, 0];
for (const lane of lanes) for (const call of lane.calls) counts[call.outcome]++;
document.title = "Trace of " + rest.title;
document.querySelector("h1").textContent = rest.title;
document.getElementById("sum").textContent = rows.length + " calls in " + format(end) + ": " + counts.map((count, at) => count + " " + OUTCOMES[at]).join(", ");
addEventListener("resize", draw);
showLegend(); draw();
globalThis.isopoolTrace = { lanes, view, marks: rest.marks, counters: rest.counters, draw };
`;

/** The page up to its calls: the elements of a JSON array follow. */
export const PAGE_START = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Trace</title><style>${STYLE}</style></head><body>
<header><h1>Trace</h1><span id="sum"></span>
<label>Colour by <select id="color"><option value="task">task</option><option value="outcome">outcome</option></select></label>
<button id="all">Show all</button>
<span id="help">Wheel or + / -: zoom. Drag or arrows: move. Double click: all.</span></header>
<div id="legend"></div><canvas id="view" tabindex="0" aria-label="Lanes of the workers"></canvas><div id="tip" role="status"></div>
<script>"use strict";
const rows = [`;

/** The page after its calls; `{{REST}}` stands for the rest of the data. */
export const PAGE_END = `];
const rest = {{REST}};
${SCRIPT}</script></body></html>
`;
