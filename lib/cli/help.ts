/**
 * The texts of `--help`.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { Flag } from "./flags.ts";

/** Width of the column of flags. */
const COLUMN = 28;

/** The text of `isopool --help`. */
export function help(): string {
  const lines = [
    heading("isopool: the functions of a module on every core"),
    "",
    heading("Commands"),
    ...COMMANDS.map(({ name, summary }) => row(name, summary)),
    "",
    heading("Examples"),
    ...COMMANDS.flatMap(({ examples }) => examples.slice(0, 2).map(example)),
    "",
    "isopool COMMAND --help tells more. docs/cli.md compares it with GNU parallel and xargs.",
  ];
  return `${lines.join("\n")}\n`;
}

/** The text of `isopool COMMAND --help`. */
export function commandHelp({ summary, usage, details, examples, flags }: Command): string {
  const lines = [heading(usage), "", `It ${summary}.`, ...details];
  if (flags.length > 0) lines.push("", heading("Options"), ...flags.map((flag) => row(flagText(flag), flag.help)));
  lines.push("", heading("Examples"), ...examples.map(example));
  return `${lines.join("\n")}\n`;
}

/** A flag as the help shows it: `-j, --jobs N`. */
function flagText({ name, short, value, optional }: Flag): string {
  const argument = value === undefined ? "" : optional ? `[=${value}]` : ` ${value}`;
  return `${short ? `-${short}, ` : "    "}--${name}${argument}`;
}

function row(left: string, right: string): string {
  return left.length < COLUMN ? `  ${left.padEnd(COLUMN)} ${right}` : `  ${left}\n  ${" ".repeat(COLUMN)} ${right}`;
}

function example([what, command]: readonly [string, string]): string {
  return `  # ${what}\n  ${command}`;
}

// Bold on a terminal, unless NO_COLOR is set.
function heading(text: string): string {
  return Deno.noColor || !Deno.stdout.isTerminal() ? text : `\x1b[1m${text}\x1b[0m`;
}
