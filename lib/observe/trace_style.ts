/**
 * The style of the page of `traceHtml()`.
 *
 * @module
 */

/** The style sheet. */
export const STYLE: string = String.raw`
:root {
  color-scheme: light dark;
  --bg: #fff;
  --fg: #222;
  --line: #e4e4e8;
  --lane: #f4f4f7;
  --panel: #fffffff2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #16181d;
    --fg: #d8dae0;
    --line: #2b2e36;
    --lane: #1d2027;
    --panel: #1d2027f2;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  font: 13px system-ui, sans-serif;
  background: var(--bg);
  color: var(--fg);
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: 8px 16px;
  align-items: center;
  padding: 8px 12px;
  border-bottom: 1px solid var(--line);
}
h1 {
  font-size: 15px;
  margin: 0;
}
button,
select {
  font: inherit;
}
#legend {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 12px;
  padding: 6px 12px;
}
#legend span::before {
  content: "";
  display: inline-block;
  width: 10px;
  height: 10px;
  margin-right: 5px;
  border-radius: 2px;
  background: var(--color);
}
canvas {
  display: block;
  width: 100%;
  cursor: grab;
  touch-action: none;
}
canvas:focus-visible {
  outline: 2px solid #4a86e8;
  outline-offset: -2px;
}
#tip {
  position: fixed;
  display: none;
  max-width: 420px;
  padding: 6px 9px;
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 4px;
  pointer-events: none;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
#help {
  opacity: .7;
}
`;
