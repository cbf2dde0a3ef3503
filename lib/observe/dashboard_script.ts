/**
 * What the page of `Pool.dashboard` does.
 *
 * @module
 */

/** The script: shows each snapshot, and sends what the buttons ask for. */
export const SCRIPT: string = String.raw`
"use strict";
// Number of snapshots in the graph of the throughput: two a second.
const SNAPSHOTS = 120;
const get = (id) => document.getElementById(id);
// Calls a second, of the last minute.
const rates = [];
const number = (value) => value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;

// Asks the pool to do something, and shows why it cannot.
const post = async (body) => {
  const answer = await fetch("action", { method: "POST", body: window.JSON.stringify(body) }).catch(String);
  get("message").textContent = answer.ok ? "" : typeof answer === "string" ? answer : await answer.text();
};

for (const button of document.querySelectorAll("#actions button")) {
  button.addEventListener("click", () => post({ action: button.id, workers: Number(get("workers").value) }));
}

// A row of a table.
const cells = (values) => {
  const row = document.createElement("tr");
  for (const value of values) {
    const cell = document.createElement("td");
    if (value instanceof Node) cell.append(value);
    else cell.textContent = value;
    row.append(cell);
  }
  return row;
};

// Rows stay, so that a button does not vanish under the mouse.
const rowsOfWorkers = new Map();
function showWorkers(workers) {
  for (const [id, row] of rowsOfWorkers) {
    if (!workers.some((worker) => worker.id === id)) {
      row.remove();
      rowsOfWorkers.delete(id);
    }
  }
  for (const { id, state, inFlight, ended, running } of workers) {
    let row = rowsOfWorkers.get(id);
    if (!row) {
      const button = document.createElement("button");
      button.textContent = "Cancel";
      button.className = "cancel";
      button.addEventListener("click", () => post({ action: "cancelRunning", workerId: id }));
      row = cells([id, "", "", "", "", button]);
      rowsOfWorkers.set(id, row);
      get("rows").append(row);
    }
    [state, inFlight, ended, running.join(", ")].forEach((value, at) => row.cells[at + 1].textContent = value);
    row.querySelector("button").disabled = running.length === 0;
  }
}

// A bar for each snapshot.
function drawRates() {
  const canvas = get("rate");
  const graphics = canvas.getContext("2d");
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  graphics.scale(ratio, ratio);
  const top = Math.max(1, ...rates);
  const color = getComputedStyle(document.documentElement);
  graphics.fillStyle = color.getPropertyValue("--info");
  rates.forEach((rate, at) =>
    graphics.fillRect(at * width / SNAPSHOTS, height - rate / top * (height - 16), width / SNAPSHOTS - 1, height)
  );
  graphics.fillStyle = color.getPropertyValue("--fg");
  graphics.fillText(number(top) + " calls/s", 6, 12);
}

// Shows one snapshot.
function show({ name, state, paused, limit, throughput, stats, workers, failures }) {
  document.title = name + " (isopool)";
  document.querySelector("h1").textContent = name;
  get("state").textContent = paused ? "paused" : state;
  get("state").className = paused || state !== "open" ? "off" : "";
  if (document.activeElement !== get("workers")) get("workers").value = limit;
  const { tasks, wait, run } = stats;
  const values = {
    Waiting: tasks.waiting,
    "With workers": tasks.active,
    "Calls/s": number(throughput),
    Succeeded: tasks.succeeded,
    Failed: tasks.failed,
    Cancelled: tasks.cancelled,
    Retried: tasks.retried,
    Crashed: stats.workers.crashed,
  };
  for (const [name, from] of [["Wait", wait], ["Run", run]]) {
    for (const key of ["p50", "p90", "p99"]) {
      if (from?.[key] !== undefined) values[name + " " + key + ", ms"] = number(from[key]);
    }
  }
  get("cards").replaceChildren(
    ...Object.entries(values).map(([label, value]) => {
      const card = document.createElement("div");
      const strong = document.createElement("b");
      strong.textContent = value;
      card.append(strong, label);
      card.dataset.name = label;
      return card;
    }),
  );
  showWorkers(workers);
  get("failures").replaceChildren(
    ...failures.map(({ at, task, item, error, workerId }) =>
      cells([new Date(at).toLocaleTimeString(), task, item, error, workerId])
    ),
  );
  rates.push(throughput);
  if (rates.length > SNAPSHOTS) rates.shift();
  drawRates();
}

const events = new EventSource("events");
events.onmessage = ({ data }) => show(window.JSON.parse(data));
events.onerror = () => {
  get("state").textContent = "ended";
  get("state").className = "off";
};
`;
