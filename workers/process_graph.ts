/**
 * All modules that a worker process evaluates at its start, named in one place.
 *
 * The runtime reads the source map of each TypeScript module that is the first to import another one, which takes half as
 * long as the module itself. With this list that is one module; without it, every second one: 2.4 ms of a start of 40. A test
 * compares it with the modules that workers/process.ts imports (tests/pool/imports_test.ts).
 *
 * @module
 */
import "../lib/core/base_error.ts";
import "../lib/core/builtin.ts";
import "../lib/core/bytes.ts";
import "../lib/core/define.ts";
import "../lib/core/deque.ts";
import "../lib/core/elements.ts";
import "../lib/core/isolate_state.ts";
import "../lib/core/lazy_global.ts";
import "../lib/core/move.ts";
import "../lib/core/nearest.ts";
import "../lib/core/own_modules.ts";
import "../lib/core/plain.ts";
import "../lib/core/platform.ts";
import "../lib/core/running_call.ts";
import "../lib/core/shorten.ts";
import "../lib/core/stack.ts";
import "../lib/core/task_errors.ts";
import "../lib/core/timer.ts";
import "../lib/core/uncopyable.ts";
import "../lib/core/validate.ts";
import "../lib/core/wait_budget.ts";
import "../lib/core/write_all.ts";
import "../lib/protocol/clone_input.ts";
import "../lib/protocol/copy_tree.ts";
import "../lib/protocol/error_record.ts";
import "../lib/protocol/frame_input.ts";
import "../lib/protocol/frame_part.ts";
import "../lib/protocol/frames.ts";
import "../lib/protocol/load_task.ts";
import "../lib/protocol/memory_file.ts";
import "../lib/protocol/reach.ts";
import "../lib/protocol/shared_value.ts";
import "../lib/protocol/slab.ts";
import "../lib/protocol/stream.ts";
import "../lib/protocol/thrown.ts";
import "../lib/protocol/thrown_frame.ts";
import "../lib/protocol/transfer_error.ts";
import "../lib/protocol/value_messages.ts";
import "../lib/shared/handle.ts";
import "../lib/shared/revive.ts";
import "./call_runner.ts";
import "./hooks.ts";
import "./next_call_poll.ts";
import "./process_calls.ts";
import "./process_channel.ts";
import "./process_connection.ts";
import "./process_descriptors.ts";
import "./process_prints.ts";
import "./process_watchdog.ts";
import "./replies.ts";
import "./serve.ts";
import "./streams.ts";
import "./task_registry.ts";
