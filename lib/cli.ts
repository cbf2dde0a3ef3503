/**
 * The command line: runs the exports of a module on every core, with items from files, from standard input, or from the
 * command itself.
 *
 * ```sh
 * deno install -g -A --unstable-worker-options -n isopool jsr:@isopool/isopool/cli
 * isopool map hash.ts sha256 urls.txt > hashes.jsonl
 * isopool --help
 * ```
 *
 * It has no scheduler of its own: items go through `Pool.imap`. docs/cli.md describes it.
 *
 * @module
 */
import { main } from "./cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
