import { threadContract } from "./threads.ts";

threadContract("calls");
