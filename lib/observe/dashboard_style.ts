/**
 * The style of the page of `Pool.dashboard`.
 *
 * @module
 */

/** The style sheet. */
export const STYLE: string = String.raw`
:root {
  color-scheme: light dark;
  --bg: #fff;
  --fg: #222;
  --line: #dcdce2;
  --soft: #f4f4f7;
  --good: #4c9f70;
  --bad: #d64545;
  --info: #4a86e8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #16181d;
    --fg: #d8dae0;
    --line: #2b2e36;
    --soft: #1d2027;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  padding: 12px 16px;
  font: 14px system-ui, sans-serif;
  background: var(--bg);
  color: var(--fg);
}
header,
#actions {
  display: flex;
  flex-wrap: wrap;
  gap: 8px 14px;
  align-items: center;
}
h1 {
  font-size: 18px;
  margin: 0;
}
h2 {
  font-size: 14px;
  margin: 18px 0 6px;
}
#state {
  padding: 1px 8px;
  border-radius: 9px;
  background: var(--good);
  color: #fff;
}
#state.off {
  background: var(--bad);
}
#cards {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(130px, 1fr));
  gap: 8px;
  margin: 12px 0;
}
#cards div {
  background: var(--soft);
  border-radius: 6px;
  padding: 8px 10px;
}
#cards b {
  display: block;
  font-size: 20px;
  font-variant-numeric: tabular-nums;
}
canvas {
  width: 100%;
  height: 80px;
  background: var(--soft);
  border-radius: 6px;
}
table {
  border-collapse: collapse;
  width: 100%;
}
th,
td {
  text-align: left;
  padding: 4px 8px;
  border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere;
}
button,
input {
  font: inherit;
}
input {
  width: 5em;
}
#message {
  color: var(--bad);
}
`;
