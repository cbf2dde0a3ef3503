import { threadContract } from "./threads.ts";

threadContract("workers", "pools");
