/**
 * The page of `Pool.dashboard`, as text. It needs nothing from elsewhere.
 *
 * @module
 */

const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #222; --line: #dcdce2; --soft: #f4f4f7; --good: #4c9f70; --bad: #d64545; --info: #4a86e8; }
@media (prefers-color-scheme: dark) { :root { --bg: #16181d; --fg: #d8dae0; --line: #2b2e36; --soft: #1d2027; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 12px 16px; font: 14px system-ui, sans-serif; background: var(--bg); color: var(--fg); }
header, #actions { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; }
h1 { font-size: 18px; margin: 0; }
h2 { font-size: 14px; margin: 18px 0 6px; }
#state { padding: 1px 8px; border-radius: 9px; background: var(--good); color: #fff; }
#state.off { background: var(--bad); }
#cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 8px; margin: 12px 0; }
#cards div { background: var(--soft); border-radius: 6px; padding: 8px 10px; }
#cards b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
canvas { width: 100%; height: 80px; background: var(--soft); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
button, input { font: inherit; }
input { width: 5em; }
#message { color: var(--bad); }
`;

const SCRIPT = `
"use strict";
const get = (id) => document.getElementById(id);
const rates = [];
const number = (value) => value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
const post = async (body) => {
  const answer = await fetch("action", { method: "POST", body: window.JSON.stringify(body) }).catch(String);
  get("message").textContent = answer.ok ? "" : typeof answer === "string" ? answer : await answer.text();
};
for (const button of document.querySelectorAll("#actions button")) {
  button.addEventListener("click", () => post({ action: button.id, workers: Number(get("workers").value) }));
}
const cells = (values) => {
  const row = document.createElement("tr");
  for (const value of values) {
    const cell = document.createElement("td");
    if (value instanceof Node) cell.append(value); else cell.textContent = value;
    row.append(cell);
  }
  return row;
};
const rowsOfWorkers = new Map();
function showWorkers(workers) {
  for (const [id, row] of rowsOfWorkers) if (!workers.some((worker) => worker.id === id)) { row.remove(); rowsOfWorkers.delete(id); }
  for (const { id, state, inFlight, ended, running } of workers) {
    let row = rowsOfWorkers.get(id);
    if (!row) {
      const button = document.createElement("button");
      button.textContent = "Cancel"; button.className = "cancel";
      button.addEventListener("click", () => post({ action: "cancelRunning", workerId: id }));
      row = cells([id, "", "", "", "", button]);
      rowsOfWorkers.set(id, row); get("rows").append(row);
    }
    [state, inFlight, ended, running.join(", ")].forEach((value, at) => row.cells[at + 1].textContent = value);
    row.querySelector("button").disabled = running.length === 0;
  }
}
function drawRates() {
  const canvas = get("rate"), graphics = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * ratio; canvas.height = height * ratio; graphics.scale(ratio, ratio);
  const top = Math.max(1, ...rates), color = getComputedStyle(document.documentElement);
  graphics.fillStyle = color.getPropertyValue("--info");
  rates.forEach((rate, at) => graphics.fillRect(at * width / 120, height - rate / top * (height - 16), width / 120 - 1, height));
  graphics.fillStyle = color.getPropertyValue("--fg"); graphics.fillText(number(top) + " calls/s", 6, 12);
}
function show({ name, state, paused, limit, throughput, stats, workers, failures }) {
  document.title = name + " (isopool)";
  document.querySelector("h1").textContent = name;
  get("state").textContent = paused ? "paused" : state;
  get("state").className = paused || state !== "open" ? "off" : "";
  if (document.activeElement !== get("workers")) get("workers").value = limit;
  const { tasks, wait, run } = stats;
  const values = { Waiting: tasks.waiting, "With workers": tasks.active, "Calls/s": number(throughput), Succeeded: tasks.succeeded, Failed: tasks.failed, Cancelled: tasks.cancelled, Retried: tasks.retried, Crashed: stats.workers.crashed };
  for (const [name, from] of [["Wait", wait], ["Run", run]]) for (const key of ["p50", "p90", "p99"]) if (from?.[key] !== undefined) values[name + " " + key + ", ms"] = number(from[key]);
  get("cards").replaceChildren(...Object.entries(values).map(([label, value]) => {
    const card = document.createElement("div"), strong = document.createElement("b");
    strong.textContent = value; card.append(strong, label); card.dataset.name = label;
    return card;
  }));
  showWorkers(workers);
  get("failures").replaceChildren(...failures.map(({ at, task, item, error, workerId }) => cells([new Date(at).toLocaleTimeString(), task, item, error, workerId])));
  rates.push(throughput); if (rates.length > 120) rates.shift();
  drawRates();
}
const events = new EventSource("events");
events.onmessage = ({ data }) => show(window.JSON.parse(data));
events.onerror = () => { get("state").textContent = "ended"; get("state").className = "off"; };
`;

/** The page. */
export const PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>isopool</title>
<style>${STYLE}</style></head><body>
<header><h1>Pool</h1><span id="state">...</span>
<span id="actions"><button id="pause">Pause</button><button id="resume">Resume</button>
<label>Workers <input id="workers" type="number" min="1"></label><button id="resize">Resize</button>
<button id="restart">Restart workers</button><button id="cancelWaiting">Cancel waiting</button></span><span id="message" role="status"></span></header>
<div id="cards"></div><canvas id="rate" aria-label="Calls a second in the last minute"></canvas>
<h2>Workers</h2><table><thead><tr><th>Id<th>State<th>Calls<th>Ended<th>Runs<th></tr></thead><tbody id="rows"></tbody></table>
<h2>Last failures</h2><table><thead><tr><th>At<th>Task<th>Item<th>Error<th>Worker</tr></thead><tbody id="failures"></tbody></table>
<script>${SCRIPT}</script></body></html>
`;
