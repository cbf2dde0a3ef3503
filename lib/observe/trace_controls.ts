/**
 * What the page of `traceHtml()` does with the mouse and the keys.
 *
 * @module
 */

/** The second part of the script: what is under the mouse, zoom, drag, legend. */
export const CONTROLS: string = String.raw`
// The call under the mouse, or near it.
function callAt(px, py) {
  const lane = lanes[Math.floor((py - AXIS - GRAPH) / LANE)];
  if (!lane || px < LABEL) return undefined;
  const slack = spanOfView() / canvas.clientWidth;
  const time = timeAt(px);
  const call = lane.calls.find((each) => each.start - slack <= time && time <= each.end + slack);
  return call && { lane, call };
}

// What the tip says of a call.
function describe({ call, lane }) {
  const parts = [
    rest.names[call.name] + "(" + (call.item ?? "") + ")",
    OUTCOMES[call.outcome] + " after " + format(call.end - call.start) + " on " + lane.name,
  ];
  if (call.error) parts.push(call.error);
  if (call.wait !== null) parts.push("waited " + format(call.wait * 1e3));
  if (call.transfer !== null) parts.push("on the way " + format(call.transfer * 1e3));
  parts.push("item " + call.index + (call.attempt > 1 ? ", attempt " + call.attempt : ""));
  return parts.join("\n");
}

// center stays where it is.
function zoom(factor, center) {
  const span = Math.min(end * 1.02, Math.max(1, spanOfView() * factor));
  const share = (center - view.from) / spanOfView();
  move(center - share * span, span);
}

function move(from, span = spanOfView()) {
  view.from = Math.max(-end * .01, Math.min(from, end * 1.01 - span));
  view.to = view.from + span;
  draw();
}

function showLegend() {
  legend.replaceChildren(...(view.colorBy === "outcome" ? OUTCOMES : rest.names).map((name, at) => {
    const entry = document.createElement("span");
    entry.textContent = name;
    entry.style.setProperty("--color", view.colorBy === "outcome" ? OUTCOME_COLORS[at] : taskColor(at));
    return entry;
  }));
}

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(event.deltaY > 0 ? 1.25 : .8, timeAt(event.offsetX));
}, { passive: false });

// Where a drag began.
let dragged;
canvas.addEventListener("pointerdown", (event) => {
  dragged = { px: event.offsetX, from: view.from };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointerup", () => dragged = undefined);

canvas.addEventListener("pointermove", (event) => {
  if (dragged) return move(dragged.from + (dragged.px - event.offsetX) / widthOfView() * spanOfView());
  view.hovered = callAt(event.offsetX, event.offsetY);
  tip.style.display = view.hovered ? "block" : "none";
  if (view.hovered) {
    tip.textContent = describe(view.hovered);
    tip.style.left = Math.min(event.clientX + 14, innerWidth - 430) + "px";
    tip.style.top = event.clientY + 14 + "px";
  }
  draw();
});

canvas.addEventListener("pointerleave", () => {
  tip.style.display = "none";
  view.hovered = undefined;
  draw();
});
canvas.addEventListener("dblclick", () => move(0, end));

canvas.addEventListener("keydown", ({ key }) => {
  const span = spanOfView();
  if (key === "+" || key === "w") zoom(.7, view.from + span / 2);
  else if (key === "-" || key === "s") zoom(1.4, view.from + span / 2);
  else if (key === "ArrowRight" || key === "d") move(view.from + span / 5);
  else if (key === "ArrowLeft" || key === "a") move(view.from - span / 5);
  else if (key === "0") move(0, end);
});

document.getElementById("color").addEventListener("change", (event) => {
  view.colorBy = event.target.value;
  showLegend();
  draw();
});
document.getElementById("all").addEventListener("click", () => move(0, end));

const counts = [0, 0, 0];
for (const lane of lanes) for (const call of lane.calls) counts[call.outcome]++;
document.title = "Trace of " + rest.title;
document.querySelector("h1").textContent = rest.title;
document.getElementById("sum").textContent = rows.length + " calls in " + format(end) + ": " +
  counts.map((count, at) => count + " " + OUTCOMES[at]).join(", ");

addEventListener("resize", draw);
showLegend();
draw();

// For tests of the page.
globalThis.isopoolTrace = { lanes, view, marks: rest.marks, counters: rest.counters, draw };
`;
