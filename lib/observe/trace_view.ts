/**
 * What the page of `traceHtml()` draws. Its script has `rows`, an array for each call, and `rest`, the other data.
 *
 * The calls of a lane are drawn from the first visible one on (binary search), and calls narrower than a pixel are drawn
 * once for each pixel, so that a trace of a million calls stays quick.
 *
 * @module
 */

/** The first part of the script: the data, the scale, the drawing. */
export const VIEW: string = String.raw`
const OUTCOMES = ["fulfilled", "rejected", "cancelled"];
const OUTCOME_COLORS = ["#4c9f70", "#d64545", "#9a9aa5"];
const MARK_COLORS = { started: "#4c9f70", killed: "#d64545" };
// Sizes in pixels: the names of the lanes, a lane, the graph of the queue, the time axis.
const LABEL = 150;
const LANE = 26;
const GRAPH = 54;
const AXIS = 22;

const [canvas, tip, legend] = ["view", "tip", "legend"].map((id) => document.getElementById(id));
const graphics = canvas.getContext("2d");

// A lane for each worker, with its calls in the order of their starts. Times are microseconds from the start of the trace.
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

// What is visible.
const view = { from: 0, to: end, colorBy: "task", hovered: undefined };

const taskColor = (name) => "hsl(" + (name * 137.5 + 205) % 360 + " 55% 55%)";
const colorOf = (call) => view.colorBy === "outcome" ? OUTCOME_COLORS[call.outcome] : taskColor(call.name);
const cssColor = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

const spanOfView = () => view.to - view.from;
const widthOfView = () => canvas.clientWidth - LABEL;
const x = (time) => LABEL + (time - view.from) / spanOfView() * widthOfView();
const timeAt = (px) => view.from + (px - LABEL) / widthOfView() * spanOfView();
const laneTop = (at) => AXIS + GRAPH + at * LANE;

function format(us) {
  if (us >= 1e6) return (us / 1e6).toFixed(3) + " s";
  return us >= 1e3 ? (us / 1e3).toFixed(2) + " ms" : us.toFixed(1) + " us";
}

function draw() {
  const width = canvas.clientWidth;
  const height = laneTop(lanes.length) + 8;
  const ratio = devicePixelRatio || 1;
  canvas.style.height = height + "px";
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  graphics.setTransform(ratio, 0, 0, ratio, 0, 0);
  graphics.font = "12px system-ui, sans-serif";
  graphics.textBaseline = "middle";
  drawAxis(height);
  drawGraph();
  lanes.forEach(drawLane);
  for (const [id, time, name] of rest.marks) drawMark(lanes.findIndex((lane) => lane.id === id), x(time), name);
  if (view.hovered) drawFlow(view.hovered);
}

// The times, four to twelve of them.
function drawAxis(height) {
  const step = 10 ** Math.floor(Math.log10(spanOfView() / 4));
  const every = spanOfView() / step > 12 ? step * 5 : step;
  const [text, line] = [cssColor("--fg"), cssColor("--line")];
  for (let time = Math.ceil(view.from / every) * every; time <= view.to; time += every) {
    graphics.fillStyle = line;
    graphics.fillRect(x(time), AXIS, 1, height);
    graphics.fillStyle = text;
    graphics.fillText(format(time), x(time) + 3, AXIS / 2);
  }
}

// How many calls wait, and how many are with workers.
function drawGraph() {
  const top = Math.max(1, ...rest.counters.map(([, inFlight, waiting]) => Math.max(inFlight, waiting)));
  const base = AXIS + GRAPH - 6;
  [[1, "#4a86e8", "in flight"], [2, "#e8a33d", "waiting"]].forEach(([column, color, name], at) => {
    graphics.strokeStyle = graphics.fillStyle = color;
    graphics.fillText(name, 10, AXIS + 12 + at * 18);
    graphics.beginPath();
    let last = base;
    for (const row of rest.counters) {
      const left = x(row[0]);
      const y = base - row[column] / top * (GRAPH - 14);
      if (left >= LABEL) {
        graphics.lineTo(left, last);
        graphics.lineTo(left, y);
      }
      last = y;
    }
    graphics.stroke();
  });
  graphics.fillStyle = cssColor("--fg");
  graphics.fillText(String(top), LABEL - 30, AXIS + 12);
}

function firstVisible(calls) {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const at = (low + high) >> 1;
    if (calls[at].end < view.from) low = at + 1;
    else high = at;
  }
  return low;
}

function drawLane(lane, at) {
  const top = laneTop(at);
  graphics.fillStyle = cssColor("--lane");
  graphics.fillRect(LABEL, top + 2, widthOfView(), LANE - 4);
  let filled = -1;
  for (let i = firstVisible(lane.calls); i < lane.calls.length && lane.calls[i].start <= view.to; i++) {
    const call = lane.calls[i];
    const left = Math.max(LABEL, x(call.start));
    const width = Math.min(canvas.clientWidth, x(call.end)) - left;
    // Of calls that are narrower than a pixel, one is drawn; a failure always.
    if (width < 1 && Math.floor(left) === filled && call.outcome === 0) continue;
    filled = Math.floor(left);
    drawCall(call, left, top, width);
  }
  graphics.fillStyle = cssColor("--fg");
  graphics.fillText(lane.name + "  " + Math.round(100 * lane.busy / end) + " %", 10, top + LANE / 2, LABEL - 16);
}

function drawCall(call, left, top, width) {
  graphics.fillStyle = colorOf(call);
  graphics.fillRect(left, top + 3, Math.max(1, width > 3 ? width - 1 : width), LANE - 6);
  if (call.outcome > 0) {
    graphics.fillStyle = OUTCOME_COLORS[call.outcome];
    graphics.fillRect(left, top + LANE - 7, Math.max(2, width - 1), 4);
  }
  if (width <= 50) return;
  graphics.save();
  graphics.beginPath();
  graphics.rect(left, top, width - 4, LANE);
  graphics.clip();
  graphics.fillStyle = "#fff";
  graphics.fillText(rest.names[call.name] + " " + (call.item ?? ""), left + 5, top + LANE / 2);
  graphics.restore();
}

// The start, the forced stop or the death of a worker.
function drawMark(at, left, name) {
  if (at < 0 || left < LABEL || left > canvas.clientWidth) return;
  const top = laneTop(at);
  graphics.fillStyle = MARK_COLORS[name] ?? "#9a9aa5";
  graphics.beginPath();
  graphics.moveTo(left, top + 10);
  graphics.lineTo(left - 5, top);
  graphics.lineTo(left + 5, top);
  graphics.fill();
}

// A line from the submission of a call to its start.
function drawFlow({ call, lane }) {
  if (call.sent === null) return;
  graphics.strokeStyle = cssColor("--fg");
  graphics.setLineDash([4, 3]);
  graphics.beginPath();
  graphics.moveTo(x(call.sent), AXIS + GRAPH - 6);
  graphics.lineTo(x(call.start), laneTop(lanes.indexOf(lane)) + LANE / 2);
  graphics.stroke();
  graphics.setLineDash([]);
}
`;
