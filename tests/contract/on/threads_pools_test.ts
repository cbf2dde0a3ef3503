import { threadContract } from "./threads.ts";

threadContract("pools");
