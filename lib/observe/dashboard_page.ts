/**
 * The page of `Pool.dashboard`, as text. It needs nothing from elsewhere.
 *
 * @module
 */
import { SCRIPT } from "./dashboard_script.ts";
import { STYLE } from "./dashboard_style.ts";

/** The page. */
export const PAGE: string = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>isopool</title>
<style>${STYLE}</style>
</head>
<body>
<header>
  <h1>Pool</h1>
  <span id="state">...</span>
  <span id="actions">
    <button id="pause">Pause</button>
    <button id="resume">Resume</button>
    <label>Workers <input id="workers" type="number" min="1"></label>
    <button id="resize">Resize</button>
    <button id="restart">Restart workers</button>
    <button id="cancelWaiting">Cancel waiting</button>
  </span>
  <span id="message" role="status"></span>
</header>
<div id="cards"></div>
<canvas id="rate" aria-label="Calls a second in the last minute"></canvas>
<h2>Workers</h2>
<table>
  <thead><tr><th>Id<th>State<th>Calls<th>Ended<th>Runs<th></tr></thead>
  <tbody id="rows"></tbody>
</table>
<h2>Last failures</h2>
<table>
  <thead><tr><th>At<th>Task<th>Item<th>Error<th>Worker</tr></thead>
  <tbody id="failures"></tbody>
</table>
<script>${SCRIPT}</script>
</body>
</html>
`;
