// What BullMQ runs on threads of its own. The name of a job is that of its task.
import * as tasks from "./tasks.mjs";

export default (job) => tasks[job.name](job.data.arg);
