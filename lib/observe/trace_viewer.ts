/**
 * The page of `traceHtml()` around its data: a viewer without dependencies, as text.
 *
 * The page's data, which trace_html.ts writes as it reads the trace (times in microseconds, `wait` and
 * `transfer` in milliseconds):
 *
 * ```
 * rows  one array for each call: [lane, start, duration, name, outcome, index, attempt, item, error, wait, transfer, sent]
 *       `name` is an index of `rest.names`, `outcome` one of OUTCOMES; `sent` is the time of the submit, or null
 * rest  { title, lanes: [id, name][], names: string[], marks: [lane, time, name, cause][],
 *         counters: [time, in flight, waiting][] }
 * ```
 *
 * @module
 */
import { CONTROLS } from "./trace_controls.ts";
import { STYLE } from "./trace_style.ts";
import { VIEW } from "./trace_view.ts";

/** The page up to its calls: the elements of a JSON array follow. */
export const PAGE_START: string = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Trace</title>
<style>${STYLE}</style>
</head>
<body>
<header>
  <h1>Trace</h1>
  <span id="sum"></span>
  <label>Colour by
    <select id="color"><option value="task">task</option><option value="outcome">outcome</option></select>
  </label>
  <button id="all">Show all</button>
  <span id="help">Wheel or + / -: zoom. Drag or arrows: move. Double click: all.</span>
</header>
<div id="legend"></div>
<canvas id="view" tabindex="0" aria-label="Lanes of the workers"></canvas>
<div id="tip" role="status"></div>
<script>"use strict";
const rows = [`;

/** The page after its calls; `{{REST}}` stands for the rest of the data. */
export const PAGE_END: string = `];
const rest = {{REST}};
${VIEW}${CONTROLS}</script>
</body>
</html>
`;
