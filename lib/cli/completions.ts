/**
 * `isopool completions`: scripts by which shells complete commands and options.
 *
 * @module
 */
import type { Command } from "./command.ts";
import type { Arguments, Flag } from "./flags.ts";
import { UsageError } from "./usage_error.ts";
import { Writer } from "./writer.ts";

/** Writes the script of a shell. */
export async function runCompletions(args: Arguments, commands: readonly Command[]): Promise<number> {
  const script = SCRIPTS[args.operands[0]];
  if (!script) {
    throw new UsageError(`isopool completions needs a shell: ${Object.keys(SCRIPTS).join(" | ")}`);
  }
  const writer = new Writer(Deno.stdout);
  writer.add(script(commands));
  await writer.flush();
  return 0;
}

const SCRIPTS: Record<string, (commands: readonly Command[]) => string> = { bash, zsh, fish };

const names = (commands: readonly Command[]) => commands.map(({ name }) => name).join(" ");
const words = ({ name, short }: Flag) => short ? [`-${short}`, `--${name}`] : [`--${name}`];

function bash(commands: readonly Command[]): string {
  const cases = commands.map(({ name, flags }) =>
    `    ${name}) words="${[...flags.flatMap(words), "--help"].join(" ")}" ;;`
  );
  const values = choices(commands).map(({ name, choices }) => `    --${name}) words="${choices!.join(" ")}" ;;`);
  return `_isopool() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names(commands)} --help" -- "$word"))
    return
  fi
  case "$before" in
${values.join("\n")}
  esac
  if [ -z "$words" ] && [[ "$word" == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases.map((line) => `  ${line}`).join("\n")}
    esac
  fi
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _isopool isopool
`;
}

function zsh(commands: readonly Command[]): string {
  const cases = commands.map(({ name, flags }) =>
    [`    ${name})`, "      _arguments \\", ...flags.flatMap(zshFlag), "        '*:file:_files' ;;"].join("\n")
  );
  return `#compdef isopool
_isopool() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ name, summary }) => `'${name}:${quoted(summary)}'`).join(" ")})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_isopool" ]; then _isopool "$@"; else compdef _isopool isopool; fi
`;
}

function zshFlag(flag: Flag): string[] {
  const { value, optional, choices, help } = flag;
  const argument = value === undefined || optional ? "" : `:${value}:${choices ? `(${choices.join(" ")})` : "_files"}`;
  return words(flag).map((word) => `        '${word}[${quoted(help).replace(/[[\]]/g, "\\$&")}]${argument}' \\`);
}

function fish(commands: readonly Command[]): string {
  const lines = ["complete -c isopool -n __fish_use_subcommand -f"];
  for (const { name, summary, flags } of commands) {
    lines.push(`complete -c isopool -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`);
    const when = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const { name: long, short, value, optional, choices, help } of flags) {
      const argument = value === undefined || optional ? "" : choices ? ` -x -a '${choices.join(" ")}'` : " -r";
      lines.push(
        `complete -c isopool ${when}${short ? ` -s ${short}` : ""} -l ${long}${argument} -d '${quoted(help)}'`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The flags with few values, each name once. */
function choices(commands: readonly Command[]): Flag[] {
  const found = commands.flatMap(({ flags }) => flags).filter((flag) => flag.choices);
  return [...new Map(found.map((flag) => [flag.name, flag])).values()];
}

// Inside of single quotes.
function quoted(text: string): string {
  return text.replaceAll("'", "");
}
