/**
 * Python: no equivalent; a judge of programming contests starts a container for each answer.
 *
 * Nobody has read the answers. Each runs in a fresh process, which may read, write, connect and start nothing, and which
 * has limits of time, processor time, memory and output. The error says which of them an answer exceeded. What is expected
 * stays on this side.
 */
import { assertEquals } from "@std/assert";
import { Pool, tasks, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";

const { answer } = tasks<typeof import("./tasks/judge.ts")>(import.meta.resolve("./tasks/judge.ts"));

const input = [3, 1, 4, 1, 5, 9];
const expected = 23; // The question: what is the sum?

const answers: [verdict: string, body: string][] = [
  ["right", "return input.reduce((sum, n) => sum + n, 0);"],
  ["wrong answer", "return Math.max(...input);"],
  ["time limit", "for (;;);"],
  ["time limit", "await new Promise(() => {});"],
  ["memory limit", "const kept = []; for (;;) kept.push(new Array(100_000).fill(0));"],
  ["memory limit", "const bytes = new Uint8Array(2 ** 30); for (;;) bytes.fill(1);"],
  ["output limit", "for (;;) console.log('x'.repeat(99));"],
  ["runtime error", "return input.sum.value;"],
  ["runtime error", "return input.reduce((sum, n) =>"],
  ["runtime error", "Deno.exit(0);"],
  ["forbidden", "return Deno.readTextFileSync('/etc/passwd').length;"],
  ["forbidden", "return (await fetch('http://127.0.0.1:8000/answers')).json();"],
  ["forbidden", "return new Deno.Command('/bin/sh').outputSync().code;"],
];

await using pool = new Pool({
  backend: "process",
  permissions: "none",
  maxTasksPerWorker: 1, // An answer finds nothing that another has left behind.
  timeout: 10_000, // milliseconds
  cpuTime: 2_000,
  memoryLimit: 64 * 2 ** 20, // bytes
  maxOutput: 2_000,
});

const outcomes = await pool.starmap(answer, answers.map(([, body]) => [body, input] as const), { onError: "settle" });
const verdicts = outcomes.map((outcome) => {
  if (outcome.status === "rejected") return verdictOf(outcome.reason);
  return outcome.value === expected ? "right" : "wrong answer";
});
for (const [i, verdict] of verdicts.entries()) console.log(verdict.padEnd(13), answers[i][1]);
assertEquals(verdicts, answers.map(([verdict]) => verdict));

/** Tells why an answer has no result. */
function verdictOf(error: unknown): string {
  if (error instanceof TaskTimeoutError) return "time limit";
  if (error instanceof Deno.errors.NotCapable) return "forbidden";
  switch (error instanceof WorkerCrashedError && error.reason) {
    case "cpu":
      return "time limit";
    case "oom":
      return "memory limit";
    case "output":
      return "output limit";
    default:
      return "runtime error"; // What the answer has thrown, or the end of its process.
  }
}
