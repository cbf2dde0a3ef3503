/**
 * `main()`: the commands, and what is common to them.
 *
 * @module
 */
import { refusalText } from "./failures.ts";
import { nearest } from "../core/nearest.ts";
import { COMMANDS } from "./commands.ts";
import { parseFlags } from "./flags.ts";
import { commandHelp, help } from "./help.ts";
import { UsageError } from "./usage_error.ts";
import { tell, Writer } from "./writer.ts";

/** Runs a command line. Returns the exit code; 255 if the command line is wrong. */
export async function main([name, ...rest]: readonly string[]): Promise<number> {
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      const named = COMMANDS.find((command) => command.name === rest[0]);
      await print(named ? commandHelp(named) : help());
      return name === undefined ? 255 : 0;
    }
    const command = COMMANDS.find((each) => each.name === name);
    if (!command) {
      const near = nearest(name, COMMANDS.map((each) => each.name));
      throw new UsageError(`Unknown command ${name}: ${near ? `did you mean ${near}? See` : "see"} isopool --help`);
    }
    const end = rest.findIndex((arg) => arg === "--" || arg === ":::");
    if (rest.slice(0, end < 0 ? rest.length : end).some((arg) => arg === "--help" || arg === "-h")) {
      await print(commandHelp(command));
      return 0;
    }
    return await command.run(parseFlags(name, command.flags, rest));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 141;
    tell(`isopool: ${error instanceof UsageError ? error.message : refusalText(error)}`);
    return 255;
  }
}

async function print(text: string): Promise<void> {
  const writer = new Writer(Deno.stdout);
  writer.add(text);
  await writer.flush();
}
