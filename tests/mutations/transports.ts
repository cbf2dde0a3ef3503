/** Defects of what carries calls to workers, and of what crosses. */
import type { Mutation } from "./mutation.ts";

export const TRANSPORTS: readonly Mutation[] = [
  {
    defect: "a call that a dead process had started runs again",
    file: "lib/transport/process_calls.ts",
    text: "call.startedAt !== undefined || call.staysHere",
    by: "call.staysHere",
    tests: ["tests/process_backend/lost_calls_test.ts"],
  },
  {
    defect: "a process is sent calls before it can run them",
    file: "lib/transport/process_calls.ts",
    text: "return 1 - this.#calls.size;",
    by: "return 3 - this.#calls.size;",
    tests: ["tests/process_backend/lost_calls_test.ts", "tests/process_backend/starts_test.ts"],
  },
  {
    defect: "a process gets permissions that its pool does not state",
    file: "lib/transport/process_command.ts",
    text: "    if (!Array.isArray(grant)) return deny(kind, modules);",
    by: "    if (!Array.isArray(grant)) return `--allow-${kind}`;",
    tests: ["tests/process_backend/permissions_test.ts"],
  },
  {
    defect: "a process does not find the script's import map",
    file: "lib/transport/process_command.ts",
    text: "return config === undefined ? flags :",
    by: "return config !== undefined ? flags :",
    tests: ["tests/packaging/consumer_test.ts"],
    filter: "/import map/",
  },
  {
    defect: "a thread that does not end by itself is waited for",
    file: "lib/transport/thread.ts",
    text: "if (!this.cancelPending) return this.#leave(LEAVE_GRACE, false);",
    by: "if (!this.cancelPending) return this.#leave(1e9, false);",
    tests: ["tests/pool/runaway_test.ts", "tests/pool/stop_storm_test.ts"],
  },
  {
    defect: "call table: a withdrawn call runs, because its place is used again",
    file: "lib/protocol/call_table.ts",
    text: "((seq / CAPACITY) & 0x7ffffff) << 4",
    by: "0",
    tests: ["tests/protocol/call_table_test.ts"],
  },
  {
    defect: "call table: a worker reads the arguments of a call that was withdrawn meanwhile",
    file: "lib/protocol/call_table.ts",
    text: "return this.isQueued(seq) ? batch : null;",
    by: "return batch;",
    tests: ["tests/protocol/call_table_test.ts", "tests/protocol/batch_ring_test.ts"],
  },
  {
    defect: "frames: the body of a message with buffers is overwritten",
    file: "lib/protocol/frames.ts",
    text: "    if (this.#lengths.length > 0) this.#body = this.#body.slice();\n",
    by: "",
    tests: ["tests/hostile/decoder_test.ts", "tests/hostile/frames_test.ts"],
  },
  {
    defect: "a worker may answer a call that it was not sent",
    file: "lib/protocol/message_validator.ts",
    text: "seq as number < tail;",
    by: "seq as number <= tail + 9;",
    tests: ["tests/hostile/messages_test.ts"],
  },
  {
    defect: "a worker may be ready twice",
    file: "lib/protocol/message_validator.ts",
    text: "if (!from.includes(this.#state)) return false;",
    by: "",
    tests: ["tests/hostile/messages_test.ts"],
  },
  {
    defect: "errors: a function among an error's fields costs the error",
    file: "lib/protocol/error_record.ts",
    text: '      if (typeof value === "function" || typeof value === "symbol") continue;\n',
    by: "",
    tests: ["tests/protocol/error_fields_test.ts", "tests/protocol/error_record_test.ts"],
  },
];
